"""What the callees of the comparison say, by the way they take their turn. `~` is a pause within the turn.

`TUNED` is what settings may be chosen by, `HELD_OUT` what they are then checked with: other sentences about other
things, written to the same pattern, so that a rule that happens to fit the first gives itself away with the second.
"""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """A way to take a turn."""

    PLAIN = "plain"
    PAUSE = "pause"
    HESITATION = "hesitation"
    DIGITS = "digits"
    WORD = "word"


Texts = Mapping[Kind, tuple[str, ...]]

TUNED: Texts = {
    Kind.PLAIN: (
        "I would like to change my appointment.",
        "Could you tell me what that costs?",
        "The morning suits me better.",
        "I am calling about the letter you sent me.",
        "My daughter will come with me.",
        "That sounds fine to me.",
        "Please send it to my office.",
        "I have been a customer for six years.",
        "Nobody told me about that before.",
        "We moved to a new house in June.",
    ),
    Kind.PAUSE: (
        "I can come on Tuesday ~ or on Thursday afternoon.",
        "If it is not too much trouble ~ I would rather come later.",
        "The parcel arrived ~ but the box was open.",
        "My wife usually takes care of this ~ so I am not sure.",
        "I need to look at my calendar ~ before I can say.",
        "We are leaving on Friday ~ and we are back ~ in two weeks.",
        "Yes, that is right ~ but the street has changed.",
        "I paid the first bill ~ and then nothing came.",
        "The last time I was there ~ they gave me a card.",
        "It starts when I turn it on ~ and then it stops.",
    ),
    Kind.HESITATION: (
        "Well um ~ maybe next week.",
        "I think it was er ~ the blue one.",
        "Let me see ~ it must have been March.",
        "Hm ~ could you repeat the second one?",
        "It is um ~ on the corner of Mill Road.",
        "Oh ~ I had not thought of that.",
    ),
    Kind.DIGITS: (
        "My number is four seven one ~ two two nine ~ eight five.",
        "It is order six three ~ nine one four.",
        "The code is two eight ~ zero seven ~ five five.",
        "You can reach me at three three one ~ six zero nine.",
        "Twelve ~ forty four ~ ninety one.",
        "The postcode is nine zero two ~ one zero.",
    ),
    Kind.WORD: (
        "Yes.",
        "No.",
        "Okay.",
        "Tuesday.",
        "Exactly.",
        "Never.",
        "Seven.",
        "Perhaps.",
        "Correct.",
        "Tomorrow.",
    ),
}

HELD_OUT: Texts = {
    Kind.PLAIN: (
        "The heating in my flat does not work.",
        "When does the next train leave?",
        "I prefer to pay by card.",
        "We have two dogs and a cat.",
        "Is there anywhere to park near you?",
        "My colleague spoke to you last week.",
        "The lamp was broken when it came.",
        "I would like a table by the window.",
        "He is not at home until seven.",
        "Just leave it with the neighbours.",
    ),
    Kind.PAUSE: (
        "The red one would be fine ~ unless it is much dearer.",
        "They said someone would call ~ but nobody did.",
        "I can pick it up myself ~ if you are open on Saturday.",
        "When the light goes on ~ it makes a strange noise.",
        "We are four people ~ and one of us ~ does not eat meat.",
        "My contract ends in May ~ and I want to leave.",
        "I was told to ask for Helen ~ or for someone in her team.",
        "It worked until Monday ~ then the screen went black.",
        "She is eighty two ~ so the stairs are difficult.",
        "I would have come earlier ~ only the road was closed.",
    ),
    Kind.HESITATION: (
        "Um ~ the one with the garden I suppose.",
        "That would be er ~ the day after.",
        "I am not sure ~ let me ask my husband.",
        "So er ~ what happens if it rains?",
        "Ah ~ now I remember the name.",
        "Well ~ it depends on the price.",
    ),
    Kind.DIGITS: (
        "Eight one five ~ zero zero ~ three six.",
        "The invoice is two two seven ~ four eight one.",
        "My account ends in nine five ~ six six.",
        "It is zero one six ~ seven three ~ two nine.",
        "Thirty one ~ eighteen ~ sixty.",
        "The reference is five five nine ~ one four two.",
    ),
    Kind.WORD: (
        "Sure.",
        "Sometimes.",
        "Friday.",
        "Nothing.",
        "Right.",
        "Eleven.",
        "Maybe.",
        "Always.",
        "Today.",
        "Never.",
    ),
}
