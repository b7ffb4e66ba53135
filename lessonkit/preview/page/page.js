// The preview page: one scene's film, which changes under the viewer without losing the place.

const $ = (id) => document.getElementById(id);
const FRAME = 1 / 15;
const videos = [$("a"), $("b")]; // the one that shows, and the one that loads the next film
let film = null; // the timeline of the film that shows
let place = { beat: "", offset: 0 };
let newest = 0; // the run that the files are at

// -- where we are --------------------------------------------------------------------------------

const shown = () => videos[0];
const beatAt = (time) =>
  film.beats.findLast((beat) => beat.start <= time + 1e-6) ?? film.beats[0];

function timeOf({ beat, offset }, timeline) {
  const here = timeline.beats.find((b) => b.id === beat);
  if (!here) return Math.min(shown().currentTime, timeline.duration - FRAME);
  return Math.min(here.start + offset, here.end - FRAME);
}

function seek(time) {
  if (!film) return;
  $("still").hidden = true;
  shown().currentTime = Math.max(0, Math.min(time, film.duration - FRAME));
  follow();
  report();
}

function follow() {
  if (!film) return;
  const time = shown().currentTime;
  const beat = beatAt(time);
  place = { beat: beat.id, offset: time - beat.start };
  $("head").style.left = `${(100 * time) / film.duration}%`;
  $("clock").textContent = `${time.toFixed(2)} / ${film.duration.toFixed(1)} s`;
  if ($("beat").textContent !== beat.id || $("text").textContent !== beat.text) {
    $("beat").textContent = beat.id;
    $("text").textContent = beat.text;
    $("english").textContent = beat.english;
    for (const cell of $("beats").children) {
      cell.classList.toggle("now", cell.dataset.id === beat.id);
    }
  }
}

let reported = "";
function report() {
  const told = JSON.stringify(place);
  if (told === reported) return;
  reported = told;
  fetch("/position", { method: "POST", body: told });
}

function tick() {
  if (!shown().paused) follow();
  requestAnimationFrame(tick);
}

// -- what the server tells -----------------------------------------------------------------------

const hear = {
  working({ run }) {
    document.body.dataset.run = run;
    say("busy", "rendering …");
  },

  picture({ file, time, run }) {
    if (!shown().paused) return;
    const still = $("still");
    still.onload = () => {
      if (run !== newest) return;
      still.hidden = false;
      document.body.dataset.picture = run;
    };
    still.src = `/build/${file}`;
    if (!film) $("clock").textContent = `${time.toFixed(2)} s`;
  },

  film(told) {
    const [old, next] = videos;
    const first = !film;
    next.onloadedmetadata = () => {
      next.currentTime = first ? Math.max(0, timeOf(place, told)) : timeOf(place, told);
    };
    next.onseeked = () => {
      next.onseeked = null;
      if (told.run !== newest) return;
      const playing = !old.paused;
      film = told;
      if (playing) next.currentTime = timeOf(place, told);
      next.hidden = false;
      old.hidden = true;
      old.pause();
      videos.reverse();
      if (playing) next.play();
      $("still").hidden = true;
      $("title").textContent = document.title = told.title;
      drawTimeline();
      follow();
      document.body.dataset.film = told.run;
      if ($("problems").hidden) say("good", "up to date");
    };
    next.src = `/build/${told.file}`;
  },

  problems({ problems }) {
    const box = $("problems");
    box.hidden = !problems.length;
    box.replaceChildren(...problems.map(describe));
    if (problems.length) {
      $("still").hidden = true;
      say("bad", `${problems.length} problem${problems.length > 1 ? "s" : ""}`);
    }
  },

  storyboard({ panels }) {
    $("storyboard").replaceChildren(
      ...panels.map(({ file, name, time }) => {
        const button = make("button", "", () => seek(time));
        const image = make("img");
        image.src = `/build/${file}`;
        image.alt = name;
        image.loading = "lazy";
        button.append(image, make("span", name));
        return button;
      }),
    );
  },

  findings({ findings }) {
    $("count").textContent = findings.length || "none";
    $("findings").replaceChildren(
      ...findings.map((found) => {
        const button = make("button", "", () => seek(found.time));
        button.append(make("div", `${found.what} [${found.rule}]`));
        button.append(make("small", `${found.beat}, ${found.time.toFixed(1)} s, ${found.place}`));
        button.append(make("small", found.fix));
        if (found.file) {
          const image = make("img");
          image.src = `/build/${found.file}`;
          image.alt = "";
          button.append(image);
        }
        const item = make("li");
        item.append(button);
        return item;
      }),
    );
  },
};

function say(how, what) {
  $("status").className = how;
  $("status").textContent = what;
}

function describe({ file, line, beat, what, fix, source }) {
  const box = make("div");
  const at = make("p");
  at.append(make("code", file + (line ? `:${line}` : "")));
  if (beat) at.append(` beat '${beat}'`);
  box.append(at, make("p", what));
  if (source) box.append(make("code", source));
  if (fix) box.append(Object.assign(make("p", `fix: ${fix}`), { className: "fix" }));
  return box;
}

function make(tag, text = "", click = null) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (click) element.addEventListener("click", click);
  return element;
}

// -- timeline ------------------------------------------------------------------------------------

function drawTimeline() {
  const cell = (start, end, text, title) => {
    const element = make("div", text);
    element.title = title ?? text;
    element.style.left = `${(100 * start) / film.duration}%`;
    element.style.width = `${(100 * (end - start)) / film.duration}%`;
    return element;
  };
  $("beats").replaceChildren(
    ...film.beats.map((beat) => {
      const element = cell(beat.start, beat.end, beat.id);
      element.dataset.id = beat.id;
      return element;
    }),
  );
  const marks = film.beats.flatMap((beat) => beat.marks);
  $("marks").replaceChildren(
    ...marks.map((m, nth) => cell(m.time, marks[nth + 1]?.time ?? film.duration, m.name)),
  );
  $("cues").replaceChildren(...film.cues.map((cue) => cell(cue.start, cue.end, cue.text)));
  $("plays").replaceChildren(
    ...film.plays.map((play) => {
      const wait = play.what === "Wait";
      const title = `${play.what}, line ${play.line}, ${(play.end - play.start).toFixed(2)} s`;
      const element = cell(play.start, play.end, wait ? "" : play.what, title);
      element.classList.toggle("wait", wait);
      return element;
    }),
  );
  $("beat").textContent = "";
}

function seekTo(event) {
  const { left, width } = $("timeline").getBoundingClientRect();
  if (film) seek(((event.clientX - left) / width) * film.duration);
}

$("timeline").addEventListener("pointerdown", (event) => {
  seekTo(event);
  $("timeline").setPointerCapture(event.pointerId);
});
$("timeline").addEventListener("pointermove", (event) => {
  if (event.buttons) seekTo(event);
});

// -- keys ----------------------------------------------------------------------------------------

function toggle() {
  if (!film) return;
  $("still").hidden = true;
  if (shown().paused) shown().play();
  else shown().pause();
}

function toBeat(step) {
  if (!film) return;
  const now = film.beats.indexOf(beatAt(shown().currentTime));
  const beat = film.beats[Math.max(0, Math.min(now + step, film.beats.length - 1))];
  seek(beat.start);
}

const keys = {
  " ": toggle,
  ArrowLeft: () => seek(shown().currentTime - 1),
  ArrowRight: () => seek(shown().currentTime + 1),
  ",": () => seek(shown().currentTime - FRAME),
  ".": () => seek(shown().currentTime + FRAME),
  p: () => toBeat(-1),
  n: () => toBeat(1),
};
document.addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
$("screen").addEventListener("click", toggle);
for (const video of videos) video.addEventListener("pause", () => film && (follow(), report()));

const events = new EventSource("/events");
events.onmessage = ({ data }) => {
  const told = JSON.parse(data);
  if (told.run < newest) return;
  newest = told.run;
  hear[told.kind](told);
};
events.onerror = () => say("bad", "the preview has ended; start it again");
setInterval(report, 500);
tick();
