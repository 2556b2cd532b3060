"""THE MANAGE LINK: an appointment as whoever has its link sees it."""
