"""How a report looks: Jinja2 templates and locale catalogues."""
