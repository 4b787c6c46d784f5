"""Makes `{{ form }}` and `{{ field.as_field_group }}` speak the product's markup everywhere."""

from django.forms.renderers import TemplatesSetting


class ShellRenderer(TemplatesSetting):
    """Setting FORM_RENDERER; needs "django.forms" among the installed apps."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
