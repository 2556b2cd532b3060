"""The wizard's forms and its two views, sessions in the database."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from formtools.wizard.views import NamedUrlSessionWizardView, SessionWizardView

from benchmarks.peers.wizard.models import Booking

SERVICES = [("short", "Short visit, 30 min"), ("long", "Long visit, 1 h")]
STAFF = [(f"staff-{number}", f"Staff {number}") for number in range(4)]


class Service(forms.Form):
    service = forms.ChoiceField(choices=SERVICES, widget=forms.RadioSelect)


class Staff(forms.Form):
    staff = forms.ChoiceField(choices=STAFF, widget=forms.RadioSelect)


class Time(forms.Form):
    slot = forms.RegexField(r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")


class Details(forms.Form):
    name = forms.CharField(max_length=100)
    email = forms.EmailField()
    phone = forms.CharField(required=False)
    note = forms.CharField(required=False, widget=forms.Textarea)


class Review(forms.Form):
    pass


FORMS = [
    ("service", Service),
    ("staff", Staff),
    ("time", Time),
    ("details", Details),
    ("review", Review),
]


class Steps:
    """What both views share."""

    form_list = FORMS
    template_name = "wizard.html"

    def get_context_data(self, form: Any, **more: Any) -> Any:
        """The review shows what was answered so far."""
        context = super().get_context_data(form=form, **more)  # type: ignore[misc]
        if self.steps.current == "review":  # type: ignore[attr-defined]
            context["answers"] = self.get_all_cleaned_data()  # type: ignore[attr-defined]
        return context

    def done(self, _forms: Any, **_more: Any) -> HttpResponse:
        answers = self.get_all_cleaned_data()  # type: ignore[attr-defined]
        booking = Booking.objects.create(**answers)
        return render(self.request, "done.html", {"booking": booking})  # type: ignore[attr-defined]


class PlainWizard(Steps, SessionWizardView):
    """One address for all steps."""


class NamedWizard(Steps, NamedUrlSessionWizardView):
    """An address for each step."""
