"""What is said and done on a call, read off its events, as a conversation that can be shown and saved."""

from agent import events as e
from agent.console.record import Keys, Record, Spoken, Typed, Used


class Scribe:
    """Keeps the record of one call."""

    def __init__(self) -> None:
        self.record = Record()
        self._tools: dict[str, e.ToolCalled] = {}

    def pressed(self, digits: str) -> None:
        """Keys of the callee's, of which there are no events."""
        self.record.entries.append(Keys(digits))

    def note(self, event: e.Event) -> None:
        """Take an event."""
        entries = self.record.entries
        match event:
            case e.CalleeHeard():
                entries.append(Typed(event.text))
            case e.AgentStopped() if event.text and event.kind in ("opening", "reply"):
                entries.append(Spoken(event.text, event.kind, event.partial))
            case e.AgentStopped() if event.text:
                entries.append(Spoken(event.text, "goodbye", event.cut))
            case e.ToolCalled():
                self._tools[event.id] = event
            case e.ToolReturned() if event.id in self._tools:
                called = self._tools.pop(event.id)
                entries.append(Used(called.name, called.arguments, event.output, event.is_error))
            case e.Ended():
                self.record.ended = event.ended_by == "agent"
            case _:
                return
