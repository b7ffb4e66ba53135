"""Four optimizers race from one point, on one clock; each arena has another winner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manim import (
    DOWN,
    LEFT,
    PI,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    DashedLine,
    Dot,
    FadeIn,
    FadeOut,
    Indicate,
    LaggedStart,
    ReplacementTransform,
    Rotate,
    RoundedRectangle,
    Square,
    TransformFromCopy,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
    linear,
)

from lessonkit.stage import LessonScene, Plot, Region, Typeset, crossed_out, theme
from mathcore import (
    Function,
    Runner,
    best_gradient_descent,
    best_momentum,
    bowl,
    optimizer,
    quadratic,
    race,
    ravine,
)
from scenes.descent import Walk, contours, live_series, powers_of_ten
from scenes.pictures import tick

BELOW = 0.01  # the loss that must be reached and kept
COLORS = {
    "gd": theme.GRADIENT,
    "momentum": theme.VELOCITY,
    "rmsprop": theme.SCALE,
    "adam": theme.INK,
}
KINDS = {"gd": "SGD", "momentum": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}
NARROW = quadratic([100, 0.01])
TURNED = quadratic([100, 0.01], degrees=45)
_HESSIAN = NARROW.hessian()([0, 0])
_POLYAK = best_momentum(_HESSIAN)


@dataclass(frozen=True)
class Arena:
    """Where a race is run, and with which settings."""

    f: Function
    start: tuple[float, float]
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    levels: tuple[float, ...]
    entrants: dict[str, dict[str, float]]  # torch's options by name
    steps: int  # of the chart
    limit: int  # after which nobody waits any longer

    @cached_property
    def runs(self) -> dict[str, Runner]:
        """The race, by torch's optimizers."""
        makers = {name: optimizer(KINDS[name], **o) for name, o in self.entrants.items()}
        return race(self.f, self.start, makers, steps=self.limit, below=BELOW)


ROUND = Arena(
    bowl(),
    (3.0, 3.0),
    (-3.89, 3.89, 2),  # as much wider than high as the map: the bowl is round
    (-3.6, 3.6, 2),
    (0.3, 1.2, 2.8, 5, 8, 12, 17),
    {
        "gd": {"lr": 0.5},
        "momentum": {"lr": 0.2, "momentum": 0.5},
        "rmsprop": {"lr": 0.1, "alpha": 0.9},
        "adam": {"lr": 0.1},
    },
    160,
    400,
)
RAVINE = Arena(
    ravine(20),
    (-5.0, -2.0),
    (-6.0, 2.0, 2),
    (-3.6, 3.6, 2),
    (0.1, 0.5, 1.3, 2.5, 4.5, 7.5, 11.5, 16.5, 22),
    {
        "gd": {"lr": 0.4},
        "momentum": {"lr": 0.6, "momentum": 0.5},
        "rmsprop": {"lr": 0.1, "alpha": 0.9},
        "adam": {"lr": 0.4},
    },
    140,
    400,
)
ILL = Arena(
    NARROW,
    (2.0, 2.0),
    (-3.45, 3.45, 2),
    (-3.2, 3.2, 2),
    (0.5, 8, 40, 110, 220, 370),
    {
        "gd": {"lr": best_gradient_descent(_HESSIAN).lr},
        "momentum": {"lr": _POLYAK.lr, "momentum": _POLYAK.momentum},
        "adam": {"lr": 0.1},
    },
    700,
    4000,
)
DIAGONAL = Arena(
    TURNED,
    (0.0, 8**0.5),
    ILL.x,
    ILL.y,
    ILL.levels,
    {name: ILL.entrants[name] for name in ("momentum", "adam")},
    2500,
    4000,
)


class Track:
    """An arena on the stage: map with walks, chart of losses, and a row for each entrant."""

    def __init__(self, scene: Race, arena: Arena) -> None:
        self.arena, self.runs = arena, arena.runs
        self.clock = ValueTracker(0.0)
        now = self.clock.get_value
        self.map = Plot(arena.x, arena.y, scene.left, y_name="$y$")
        self.lines = contours(self.map, arena.f, arena.levels)
        trajectories = {name: run.trajectory for name, run in self.runs.items()}
        self.walks = {
            name: Walk(self.map, t.points[: arena.steps + 1], now, COLORS[name])
            for name, t in trajectories.items()
        }
        logs = {name: np.log10(np.maximum(t.values, 1e-12)) for name, t in trajectories.items()}
        top = float(np.ceil(max(log[: arena.steps].max() for log in logs.values())))
        self.chart = Plot(
            (0, arena.steps, arena.steps),
            (-4, top, 2),
            scene.chart_room.columns(0.09, 0.86, 0.05)[1],
            x_name=scene.script.label("step"),
            y_name="$loss(L)$",
            cross=(0, -4),
            numbers=False,
        )
        self.series = [live_series(self.chart, log, now, COLORS[n]) for n, log in logs.items()]
        goal = np.log10(BELOW)
        self.bar = DashedLine(
            self.chart.at(0, goal), self.chart.at(arena.steps, goal), color=theme.LOSS
        )
        ends = Typeset(f"${arena.steps}$", size=theme.SMALLEST + 4, color=theme.MUTED)
        ends.next_to(self.chart.at(arena.steps, -4), DOWN, buff=0.14)
        self.paper = VGroup(self.chart.frame, powers_of_ten(self.chart), ends)
        self.rows(scene)

    def rows(self, scene: Race) -> None:
        """Name, settings and result of each entrant."""
        regions = scene.rows_room.split(*[1.0] * len(COLORS))
        self.names: dict[str, VGroup] = {}
        self.results: dict[str, VMobject] = {}
        self.settings = VGroup()
        for region, name in zip(regions, self.runs, strict=False):
            who, how, when = region.columns(0.3, 0.42, 0.28)
            dot = Dot(radius=theme.DOT, color=COLORS[name])
            text = scene.label(name, size=theme.SMALL)
            self.names[name] = who.place(VGroup(dot, text).arrange(RIGHT, buff=0.2), across=0.0)
            options = self.arena.entrants[name]
            markup = "eta = #lr" + (", beta = #b" if "momentum" in options else "")
            values = {"lr": f"{options['lr']:.2g}", "b": f"{options.get('momentum', 0):.2g}"}
            setting = scene.formula(markup, size=theme.SMALL, color=theme.MUTED, **values)
            self.settings.add(how.place(setting, across=0.0))
            settled = self.runs[name].settled_at
            label = {None: "never", 1: "one-step"}.get(settled, "settled")
            result = scene.label(
                label, steps=settled or self.arena.limit, size=theme.SMALL, bold=True
            )
            self.results[name] = when.place(result, across=0.0)

    def settled(self, name: str) -> int:
        """The step at which an entrant was under the line for good."""
        return self.runs[name].settled_at or self.arena.limit

    def run_to(self, step: float, seconds: float) -> object:
        """Let the race's clock run on."""
        return self.clock.animate(rate_func=linear, run_time=seconds).set_value(step)

    @property
    def before(self) -> VGroup:
        """All that is there when the race begins."""
        return VGroup(
            self.map.frame, self.lines, *self.walks.values(), self.paper, self.bar, *self.series,
            *self.names.values(), self.settings,
        )  # fmt: skip

    @property
    def all(self) -> VGroup:
        """All that is there when the race has ended."""
        return VGroup(*self.before, *self.results.values())


class Race(LessonScene):
    """start → rule → bowl → ravine → 10000:1 → turned → three winners."""

    def construct(self) -> None:
        self.left, self.right = self.regions.content.columns(0.42, 0.58, gap=0.5)
        self.chart_room, self.rows_room = self.right.split(0.56, 0.44, gap=0.2)
        self.line_up()
        self.agree_on_the_rule()
        self.race_in_the_bowl()
        self.race_in_the_ravine()
        self.race_at_ten_thousand()
        self.turn_the_valley()
        self.show_three_winners()
        self.change_a_rate()
        self.advise()

    def line_up(self) -> None:
        self.track = Track(self, ROUND)
        names = self.track.names
        dots = [self.track.walks[name].dot for name in names]
        with self.beat("start") as beat:
            self.play(
                Write(self.heading()), FadeIn(self.track.map.frame, self.track.lines), run_time=0.6
            )
            self.play(FadeIn(names["gd"]), run_time=beat.to("momentum"))
            self.play(FadeIn(names["momentum"]), run_time=beat.to("rmsprop"))
            self.play(FadeIn(names["rmsprop"]), run_time=beat.to("adam"))
            self.play(FadeIn(names["adam"]), run_time=beat.to("go"))
            self.play(
                *(
                    TransformFromCopy(names[name][0], dot)
                    for name, dot in zip(names, dots, strict=True)
                ),
                run_time=beat.remaining,
            )
            self.add(*self.track.walks.values())

    def agree_on_the_rule(self) -> None:
        track = self.track
        # A run that dips under the line and comes up again before it stays.
        losses = race(
            RAVINE.f, RAVINE.start, {"adam": optimizer("Adam", lr=1.0)}, steps=160, below=BELOW
        )["adam"]
        values = losses.trajectory.values
        clock = ValueTracker(0.0)
        demo = live_series(track.chart, np.log10(values), clock.get_value, theme.INK)
        first = int(np.argmax(values < BELOW))
        dips = track.chart.at(first, np.log10(BELOW))
        stays = track.chart.at(losses.settled_at, np.log10(BELOW))
        wrong = crossed_out(Circle(0.12).move_to(dips))
        right = Circle(0.2, color=theme.SLOPE, stroke_width=theme.STROKE).move_to(stays)
        with self.beat("rule") as beat:
            self.play(FadeIn(track.paper), run_time=0.8)
            self.play(FadeIn(demo), run_time=0.2)
            self.play(
                clock.animate(rate_func=linear).set_value(first), run_time=beat.to("threshold")
            )
            self.play(Create(track.bar), Create(wrong), run_time=0.8)
            self.play(
                clock.animate(rate_func=linear).set_value(losses.settled_at + 8),
                run_time=0.5 * beat.remaining,
            )
            self.play(FadeOut(wrong), Create(right), run_time=0.7)
            self.play(FadeOut(demo, right), run_time=0.5)

    def race_in_the_bowl(self) -> None:
        track = self.track
        with self.beat("round-bowl") as beat:
            self.play(FadeIn(track.settings, *track.series), run_time=0.6)
            self.play(track.run_to(1, beat.to("gd-one")))
            self.play(FadeIn(track.results["gd"]), run_time=0.5)
            self.play(track.run_to(track.settled("momentum"), 0.3 * beat.to("adam-seventy")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.4)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-seventy")))
            self.play(FadeIn(track.results["adam"]), run_time=0.5)
            self.play(track.run_to(track.settled("rmsprop"), 0.7 * beat.remaining))
            self.play(FadeIn(track.results["rmsprop"]), run_time=0.4)

    def race_in_the_ravine(self) -> None:
        old, track = self.track, Track(self, RAVINE)
        with self.beat("ravine") as beat:
            self.play(FadeOut(old.all), FadeIn(track.before), run_time=0.9)
            self.play(track.run_to(track.settled("momentum"), beat.to("momentum-ten")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.4)
            self.play(track.run_to(track.settled("gd"), beat.to("gd-later")))
            self.play(FadeIn(track.results["gd"]), run_time=0.4)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-later")))
            self.play(FadeIn(track.results["adam"]), run_time=0.4)
            self.play(track.run_to(track.settled("rmsprop"), 0.7 * beat.remaining))
            self.play(FadeIn(track.results["rmsprop"]), run_time=0.4)
        self.track = track

    def race_at_ten_thousand(self) -> None:
        old, track = self.track, Track(self, ILL)
        with self.beat("ill-conditioned") as beat:
            self.play(FadeOut(old.all), FadeIn(track.before), run_time=0.9)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-first")))
            self.play(FadeIn(track.results["adam"]), run_time=0.5)
            self.play(track.run_to(track.settled("momentum"), beat.to("momentum-later")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.5)
            self.play(track.run_to(ILL.steps, beat.to("gd-never")))
            self.play(FadeIn(track.results["gd"]), run_time=0.6)
        self.track = track

    def turn_the_valley(self) -> None:
        old, track = self.track, Track(self, DIAGONAL)
        centre = track.map.at(0, 0)
        valley = DashedLine(track.map.at(-1.4, 1.4), track.map.at(1.4, -1.4), color=theme.INK)
        with self.beat("rotated") as beat:
            gone = VGroup(*(m for m in old.all if m not in (old.map.frame, old.lines)))
            self.play(FadeOut(gone), run_time=0.4)
            self.play(Rotate(old.lines, PI / 4, about_point=centre), run_time=0.9)
            self.add(track.map.frame, track.lines)
            self.remove(old.map.frame, old.lines)
            self.play(FadeIn(track.before), run_time=0.4)
            self.play(track.run_to(track.settled("momentum"), beat.to("crawl")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.3)
            self.play(track.run_to(track.settled("adam"), 0.85 * beat.to("per-axis")))
            self.play(FadeIn(track.results["adam"]), run_time=0.4)
            beat.until("per-axis")
            arrows = self.axis_arrows(track)
            self.play(Create(valley), *(Create(arrow) for arrow in arrows), run_time=0.8)
            self.play(*(Indicate(arrow, color=theme.INPUT) for arrow in arrows), run_time=0.8)
        self.track = track
        self.marks = VGroup(valley, *arrows)

    def axis_arrows(self, track: Track) -> VGroup:
        """Adam rescales along the axes; neither of them is the valley's direction."""
        start = track.map.at(*track.runs["adam"].trajectory.points[300])  # on the valley's floor
        return VGroup(
            *(Arrow(start, start + 1.1 * way, buff=0.0, color=theme.INPUT) for way in (RIGHT, DOWN))
        )

    def show_three_winners(self) -> None:
        columns = self.regions.content.columns(1, 1, 1, gap=0.5)
        self.cards = VGroup()
        for number, (region, arena) in enumerate(
            zip(columns, (ROUND, RAVINE, ILL), strict=True), 1
        ):
            runs = {k: r for k, r in arena.runs.items() if r.settled_at is not None}
            first = min(runs, key=lambda name: runs[name].settled_at)
            self.cards.add(self.card(region, arena, number, first, runs[first].settled_at))
        none = self.label("no-best", size=theme.BODY)
        self.regions.title.place(none, across=1.0)
        with self.beat("three-winners") as beat:
            self.play(FadeOut(self.track.all, self.marks), run_time=0.6)
            self.play(
                LaggedStart(*(FadeIn(card, shift=0.3 * UP) for card in self.cards), lag_ratio=0.5),
                run_time=beat.to("none"),
            )
            self.play(FadeIn(none), run_time=0.6)
            self.play(
                *(Indicate(card[-1], color=theme.INK, scale_factor=1.08) for card in self.cards),
                run_time=0.9,
            )
        self.none = none

    def card(self, region: Region, arena: Arena, number: int, first: str, steps: int) -> VGroup:
        """An arena's map in small, and who won there with what."""
        heading, room, foot = region.split(0.12, 0.6, 0.28, gap=0.1)
        title = heading.place(self.label("arena", number=number, color=theme.MUTED))
        _, room, _ = room.columns(0.11, 0.78, 0.11)  # the shape that the map had
        small = Plot(arena.x, arena.y, room, x_name="", numbers=False)
        ground = contours(small, arena.f, arena.levels[::2])
        return VGroup(title, small.axes, ground, self.winner(foot, arena, first, steps))

    def winner(self, region: Region, arena: Arena, name: str, steps: int) -> VGroup:
        """Name, step and setting, one over the other."""
        dot = Dot(radius=theme.DOT, color=COLORS[name])
        who = VGroup(dot, self.label(name, bold=True)).arrange(RIGHT, buff=0.2)
        settled = self.label("one-step" if steps == 1 else "settled", steps=steps, size=theme.SMALL)
        rate = self.formula(
            "eta = #lr",
            lr=f"{arena.entrants[name]['lr']:.2g}",
            size=theme.SMALL,
            color=theme.MUTED,
        )
        return region.place(VGroup(who, settled, rate).arrange(DOWN, buff=0.16), up=1.0)

    def change_a_rate(self) -> None:
        slower = {**RAVINE.entrants, "momentum": {"lr": 0.05, "momentum": 0.5}}
        runs = replace(RAVINE, entrants=slower).runs
        first = min(runs, key=lambda name: runs[name].settled_at or RAVINE.limit)
        old = self.cards[1][-1]
        region = self.regions.content.columns(1, 1, 1, gap=0.5)[1].split(0.12, 0.6, 0.28, gap=0.1)[
            2
        ]
        new = self.winner(region, RAVINE, first, runs[first].settled_at)
        note = self.regions.title.place(self.label("at-these-rates"), across=1.0)
        changed = self.formula("eta = #lr", lr=slower["momentum"]["lr"], size=theme.SMALL)
        changed.move_to(old[2])
        with self.beat("depends-on-rate") as beat:
            self.play(ReplacementTransform(self.none, note), run_time=0.6)
            self.play(
                *(Indicate(card[-1][2], color=theme.INK, scale_factor=1.3) for card in self.cards),
                run_time=0.6 * beat.to("change"),
            )
            beat.until("change")
            self.play(ReplacementTransform(old[2], changed), run_time=0.8)
            self.play(Indicate(changed, color=theme.INK), run_time=0.7)
            self.play(FadeOut(old[:2], changed), FadeIn(new), run_time=0.8)
        self.last = VGroup(self.cards[0], self.cards[2], self.cards[1][:-1], new, note)

    def advise(self) -> None:
        rows = VGroup()
        for name in ("practice-adam", "practice-sgd", "practice-validation"):
            box = Square(0.5, color=theme.INK, stroke_width=theme.STROKE)
            rows.add(VGroup(box, self.label(name, size=theme.FORMULA)).arrange(RIGHT, buff=0.4))
        rows.arrange(DOWN, aligned_edge=LEFT, buff=0.5)
        self.regions.content.place(rows)
        panel = RoundedRectangle(
            width=rows.width + 1.2,
            height=rows.height + 1.0,
            corner_radius=0.2,
            stroke_color=theme.FAINT,
            fill_color=theme.PANEL,
            fill_opacity=1,
        ).move_to(rows)
        ticks = [tick(0.5).move_to(row[0], aligned_edge=DOWN).shift(0.1 * UP) for row in rows]
        with self.beat("in-practice") as beat:
            self.play(FadeOut(self.last), FadeIn(panel), run_time=0.6)
            self.play(FadeIn(rows[0]), run_time=0.5)
            self.play(Create(ticks[0]), run_time=0.5)
            beat.until("try-sgd")
            self.play(FadeIn(rows[1]), run_time=0.5)
            self.play(Create(ticks[1]), run_time=0.5)
            beat.until("validate")
            self.play(FadeIn(rows[2]), run_time=0.5)
            self.play(Create(ticks[2]), run_time=0.5)
