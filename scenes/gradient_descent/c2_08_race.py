"""Four optimizers race from one point, on one clock; each arena has another winner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from manim import (
    DOWN,
    PI,
    RIGHT,
    UP,
    Arrow,
    Circle,
    Create,
    DashedLine,
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

from lessonkit.stage import LessonScene, Plot, Region, crossed_out, theme
from mathcore import (
    optimizer,
    race,
)
from scenes.descent import (
    COLORS,
    SETTINGS,
    contours,
    entrant,
    live_series,
)
from scenes.pictures import tick
from scenes.racing import ARENAS, BELOW, DIAGONAL, ILL, RAVINE, ROUND, TURN, Arena, Track

SLOWER = 0.05  # Momentum's rate when it loses the ravine
CARD = (0.12, 0.52, 0.36)  # of a card's height: its title, its map, its result


class Race(LessonScene):
    """start → rule → bowl → ravine → 10000:1 → turned → three winners."""

    def construct(self) -> None:
        left, right = self.regions.content.columns(0.42, 0.58, gap=0.5)
        self.rooms = (left, *right.split(0.56, 0.44, gap=0.3))
        self.line_up()
        self.agree_on_the_rule()
        self.race_in_the_bowl()
        self.race_in_the_ravine()
        self.race_at_ten_thousand()
        self.turn_the_valley()
        self.show_three_winners()
        self.change_a_rate()
        self.advise()

    def arena_name(self, arena: Arena) -> VMobject:
        return self.label("arena-loss", number=ARENAS.index(arena) + 1, l=arena.f.typst)

    def track_of(self, arena: Arena, name: VMobject) -> Track:
        return Track(self, arena, name, self.rooms, self.script.label("step"), self.verdict)

    def verdict(self, settled: int | None, limit: int) -> VMobject:
        """After how many steps the race was over for one of them."""
        label = {None: "never", 1: "one-step"}.get(settled, "settled")
        return self.label(label, steps=settled or limit, size=theme.SMALL, bold=True)

    def line_up(self) -> None:
        self.track = self.track_of(ROUND, self.arena_name(ROUND))
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
        demo = live_series(track.chart, np.log10(values), clock.get_value, theme.MUTED)
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
            self.play(FadeIn(track.title, track.settings, *track.series), run_time=0.6)
            self.play(track.run_to(1, beat.to("gd-one")))
            self.play(FadeIn(track.results["gd"]), Create(track.winner), run_time=0.6)
            self.play(track.run_to(track.settled("momentum"), 0.3 * beat.to("adam-seventy")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.4)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-seventy")))
            self.play(FadeIn(track.results["adam"]), run_time=0.5)
            self.play(track.run_to(track.settled("rmsprop"), 0.7 * beat.remaining))
            self.play(FadeIn(track.results["rmsprop"]), run_time=0.4)

    def race_in_the_ravine(self) -> None:
        old = self.track
        track = self.track_of(RAVINE, self.arena_name(RAVINE))
        with self.beat("ravine") as beat:
            self.play(FadeOut(old.all), FadeIn(track.before), run_time=0.9)
            self.play(track.run_to(track.settled("momentum"), beat.to("momentum-ten")))
            self.play(FadeIn(track.results["momentum"]), Create(track.winner), run_time=0.5)
            self.play(track.run_to(track.settled("gd"), beat.to("gd-later")))
            self.play(FadeIn(track.results["gd"]), run_time=0.4)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-later")))
            self.play(FadeIn(track.results["adam"]), run_time=0.4)
            self.play(track.run_to(track.settled("rmsprop"), 0.7 * beat.remaining))
            self.play(FadeIn(track.results["rmsprop"]), run_time=0.4)
        self.track = track

    def race_at_ten_thousand(self) -> None:
        old = self.track
        track = self.track_of(ILL, self.arena_name(ILL))
        with self.beat("ill-conditioned") as beat:
            self.play(FadeOut(old.all), FadeIn(track.before), run_time=0.9)
            self.play(track.run_to(track.settled("adam"), beat.to("adam-first")))
            self.play(FadeIn(track.results["adam"]), Create(track.winner), run_time=0.5)
            self.play(track.run_to(track.settled("momentum"), beat.to("momentum-later")))
            self.play(FadeIn(track.results["momentum"]), run_time=0.5)
            self.play(track.run_to(ILL.steps, beat.to("gd-never")))
            self.play(FadeIn(track.results["gd"]), run_time=0.6)
        self.track = track

    def turn_the_valley(self) -> None:
        old = self.track
        name = self.label("turned", number=ARENAS.index(ILL) + 1, degrees=TURN)
        track = self.track_of(DIAGONAL, name)
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
            self.play(FadeIn(track.results["momentum"]), Create(track.winner), run_time=0.3)
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
        start = track.walks["adam"].dot.get_center()
        return VGroup(
            *(Arrow(start, start + 1.1 * way, buff=0.0, color=theme.INPUT) for way in (RIGHT, DOWN))
        )

    def show_three_winners(self) -> None:
        columns = self.regions.content.columns(1, 1, 1, gap=0.5)
        self.cards = VGroup()
        for number, (region, arena) in enumerate(zip(columns, ARENAS, strict=True), 1):
            self.cards.add(self.card(region, arena, number))
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

    def card(self, region: Region, arena: Arena, number: int) -> VGroup:
        """An arena's map in small, and who won there with what."""
        heading, room, foot = region.split(*CARD, gap=0.1)
        title = heading.place(self.label("arena", number=number, color=theme.MUTED))
        _, room, _ = room.columns(0.15, 0.7, 0.15)  # the shape that the map had
        small = Plot(arena.x, arena.y, room, x_name="", numbers=False)
        ground = contours(small, arena.f, arena.levels[::2])
        return VGroup(title, small.axes, ground, self.result(foot, arena, arena.winner))

    def result(self, region: Region, arena: Arena, name: str) -> VGroup:
        """Name, steps and rate of an entrant, one over the other."""
        steps = arena.runs[name].settled_at
        who = entrant(COLORS[name], self.label(name, bold=True))
        settled = self.verdict(steps, arena.limit)
        lr = f"{arena.entrants[name]['lr']:.2g}"
        rate = self.formula("eta = #lr", lr=lr, size=theme.SMALL, color=theme.MUTED)
        rows = VGroup(who, settled, rate)
        for row, room in zip(rows, region.split(1, 1, 1), strict=True):
            room.place(row)
        return rows

    def change_a_rate(self) -> None:
        slower = replace(
            RAVINE, entrants={**SETTINGS, "momentum": {**SETTINGS["momentum"], "lr": SLOWER}}
        )
        foot = self.regions.content.columns(1, 1, 1, gap=0.5)[1].split(*CARD, gap=0.1)[2]
        old = self.cards[1][-1]
        late, new = (self.result(foot, slower, name) for name in ("momentum", slower.winner))
        note = self.regions.title.place(self.label("at-these-rates"), across=1.0)
        with self.beat("depends-on-rate") as beat:
            self.play(ReplacementTransform(self.none, note), run_time=0.6)
            self.play(
                *(Indicate(card[-1][2], color=theme.INK, scale_factor=1.3) for card in self.cards),
                run_time=0.6 * beat.to("change"),
            )
            beat.until("change")
            self.play(FadeOut(old[2]), FadeIn(late[2]), run_time=0.4)
            self.play(Indicate(late[2], color=theme.INK), run_time=0.6)
            self.play(FadeOut(old[1]), FadeIn(late[1]), run_time=0.4)
            self.play(Indicate(late[1], color=theme.INK), run_time=0.6)
            self.play(FadeOut(old[0], late[1:]), FadeIn(new), run_time=0.7)
        self.last = VGroup(self.cards[0], self.cards[2], self.cards[1][:-1], new, note)

    def advise(self) -> None:
        rows = VGroup()
        for nth, name in enumerate(("practice-adam", "practice-sgd", "practice-validation")):
            box = Square(0.5, color=theme.INK, stroke_width=theme.STROKE).shift(1.1 * nth * DOWN)
            text = self.label(name, size=theme.FORMULA).next_to(box, RIGHT, buff=0.4)
            text.shift((box.get_bottom()[1] + 0.08 - text.baseline) * UP)
            rows.add(VGroup(box, text))
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
