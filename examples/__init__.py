"""Documents to try tertulia on."""
