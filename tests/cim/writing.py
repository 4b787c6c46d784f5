"""Messages as a work-management system sends them."""

MSG = "http://iec.ch/TC57/2011/schema/message"


def message(
    verb: str,
    noun: str,
    *,
    message_id: str = "m-1",
    payload: str = "",
    request: str = "",
    root: str = "RequestMessage",
) -> bytes:
    """A generic message of IEC 61968-100."""
    inside = f"<msg:Request>{request}</msg:Request>" if request else ""
    inside += f"<msg:Payload>{payload}</msg:Payload>" if payload else ""
    return (
        f'<?xml version="1.0"?><msg:{root} xmlns:msg="{MSG}"><msg:Header>'
        f"<msg:Verb>{verb}</msg:Verb><msg:Noun>{noun}</msg:Noun><msg:MessageID>{message_id}</msg:MessageID>"
        f"<msg:CorrelationID>c-{message_id}</msg:CorrelationID></msg:Header>{inside}</msg:{root}>"
    ).encode()


def work(noun: str, *statuses: tuple[str, str], reason: str = "", crew: str = "") -> str:
    """A payload that says where each of these numbers stands; any year and prefix will do."""
    one = noun.removesuffix("s")
    crews = (
        f"<x:WorkTasks><x:Crews><x:Names><x:name>{crew}</x:name></x:Names></x:Crews></x:WorkTasks>"
    )
    things = "".join(
        f"<x:{one}><x:Names><x:name>{number}</x:name></x:Names><x:Work><x:kind>service</x:kind>"
        f"<x:statusKind>{status}</x:statusKind>"
        f"<x:ActivityRecords><x:reason>{reason}</x:reason></x:ActivityRecords>"
        f"{crews if crew else ''}</x:Work></x:{one}>"
        for number, status in statuses
    )
    return f'<x:{noun} xmlns:x="http://iec.ch/TC57/2014/{noun}#">{things}</x:{noun}>'
