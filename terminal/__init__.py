"""What a terminal shows and asks: progress, the panel and its review, tables. No decision about a run is made here."""
