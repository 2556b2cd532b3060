"""Where the peers are mounted."""

from django.urls import include, path

from benchmarks.peers.wizard.views import NamedWizard, PlainWizard

urlpatterns = [
    path("appointment/", include("appointment.urls")),
    path("plain/", PlainWizard.as_view()),
    path("named/", NamedWizard.as_view(url_name="named-step"), name="named"),
    path("named/<step>/", NamedWizard.as_view(url_name="named-step"), name="named-step"),
]
