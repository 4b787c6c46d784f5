"""Django's translations and formats, for the engines that do not know Django."""

from datetime import date, datetime

from django.utils import dateformat, formats, translation

_STYLES = {
    "day": "DATE_FORMAT",
    "short": "SHORT_DATE_FORMAT",
    "full": "SHORT_DATETIME_FORMAT",
    "month": "YEAR_MONTH_FORMAT",
    "month_day": "MONTH_DAY_FORMAT",
    "minute": "TIME_FORMAT",
}


class DjangoSpeaker:
    """Speaks the language that is active for this request or notice."""

    def text(self, words: str) -> str:
        return translation.gettext(words)

    def counted(self, one: str, many: str, count: int) -> str:
        return translation.ngettext(one, many, count)

    def moment(self, value: date | datetime, style: str) -> str:
        if style == "short_day":
            short = formats.get_format("SHORT_DATE_FORMAT")
            return dateformat.format(value, short.removesuffix(" Y"))
        return formats.date_format(value, _STYLES[style])

    def separators(self) -> tuple[str, str]:
        return (
            formats.get_format("THOUSAND_SEPARATOR"),
            formats.get_format("DECIMAL_SEPARATOR"),
        )
