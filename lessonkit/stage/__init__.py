"""What a scene imports: `from lessonkit.stage import LessonScene, theme` and the parts."""

from lessonkit.stage import theme
from lessonkit.stage.cards import CodeCard, Terminal, title_card
from lessonkit.stage.countdown import Countdown
from lessonkit.stage.layout import Region
from lessonkit.stage.number_line import NumberLine
from lessonkit.stage.numbers import LiveNumber, Readout
from lessonkit.stage.once import kept, source_of
from lessonkit.stage.plot import Plot, crossed_out
from lessonkit.stage.scene import BeatClock, LessonScene
from lessonkit.stage.space import Space
from lessonkit.stage.table import Table
from lessonkit.stage.typeset import Typeset

__all__ = [
    "BeatClock",
    "CodeCard",
    "Countdown",
    "LessonScene",
    "LiveNumber",
    "NumberLine",
    "Plot",
    "Readout",
    "Region",
    "Space",
    "Table",
    "Terminal",
    "Typeset",
    "crossed_out",
    "kept",
    "source_of",
    "theme",
    "title_card",
]
