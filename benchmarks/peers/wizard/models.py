"""What is booked."""

from django.db import models


class Booking(models.Model):
    """One confirmed appointment. Nothing guards its time: formtools knows no calendar."""

    service = models.CharField(max_length=50)
    staff = models.CharField(max_length=50)
    slot = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    email = models.EmailField()
    phone = models.CharField(max_length=50, blank=True)
    note = models.TextField(blank=True)
