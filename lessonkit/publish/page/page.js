// What pages do beyond showing: the spoken word is marked, a click on a word plays from there, and
// the parts that were watched are remembered in this browser. Nothing here is needed to watch or read.

"use strict"; // and no module: those do not load where a page is opened from a disk

const root = new URL(document.documentElement.dataset.root || ".", location.href);
if (window.self !== window.top) document.documentElement.classList.add("framed");

// -- how far one has come ---------------------------------------------------------------------

const MEMORY = "watched " + root.pathname; // two courses may share a server
const WATCHED = 0.9; // of a part

// Not on a page with <html data-memory="elsewhere">, whose system keeps it for each learner.
const keeps = document.documentElement.dataset.memory !== "elsewhere";

function remembered() {
  try {
    if (!keeps) return { at: {}, seen: {} };
    return { at: {}, seen: {}, ...JSON.parse(localStorage.getItem(MEMORY)) };
  } catch {
    return { at: {}, seen: {} }; // kept nowhere, as in a frame without storage
  }
}

// {at: {part: seconds}, seen: {part: true}, last: part}; a part is "lesson/scene"
const progress = remembered();

function remember() {
  try {
    if (keeps) localStorage.setItem(MEMORY, JSON.stringify(progress));
  } catch {
    // as above
  }
}

function showProgress() {
  for (const item of document.querySelectorAll("[data-scene]")) {
    item.classList.toggle("seen", item.dataset.scene in progress.seen);
  }
  for (const line of document.querySelectorAll("[data-lesson]")) {
    const all = document.querySelectorAll(`[data-scene^="${line.dataset.lesson}/"]`);
    const seen = [...all].filter((item) => item.classList.contains("seen")).length;
    line.hidden = false;
    line.querySelector("progress").value = seen;
    line.querySelector("span").textContent = line.dataset.told
      .replace("{all}", all.length)
      .replace("{seen}", seen);
  }
  const resume = document.querySelector("[data-resume]");
  const last = progress.last && document.querySelector(`[data-scene="${progress.last}"]`);
  if (resume && last) {
    resume.href = last.querySelector("a[href$='.html']").href;
    resume.replaceChildren(resume.dataset.resume, last.querySelector(".name").cloneNode(true));
  }
}

// -- the film ---------------------------------------------------------------------------------

const film = document.getElementById("film");
const page = document.querySelector("[data-part]"); // none where there is the player alone

function seek(seconds, play = true) {
  film.currentTime = seconds;
  if (play) film.play().catch(() => {}); // a browser may want a touch of the film first
}

function beatStarts() {
  return [...document.querySelectorAll(".beat .time")].map(moment);
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** The number of the last of these times that is not after a moment; -1 before the first. */
function lastBefore(times, moment) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The moment that a link into the film leads to. */
function moment(link) {
  return +/#t=([\d.]+)/.exec(link.href)[1];
}

function followSeeks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".time");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    seek(moment(link));
    if (!link.closest(".beat")) bringIntoView(film);
  });
  const asked = /[?&#]t=(\d+(\.\d+)?)/.exec(location.search + location.hash);
  if (asked) seek(+asked[1], false);
}

// The transcript's words, each a list of the elements that hold its letters: a word may begin inside
// a marked English term and end outside.
function wrapWords() {
  const words = [];
  for (const said of document.querySelectorAll(".beat > span")) {
    const texts = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (texts.nextNode()) nodes.push(texts.currentNode);
    let apart = true;
    for (const node of nodes) {
      const pieces = node.data.split(/(\s+)/).filter(Boolean).map((piece) => {
        if (!piece.trim()) {
          apart = true;
          return piece;
        }
        if (apart) words.push([]);
        apart = false;
        const span = document.createElement("span");
        span.className = "word";
        span.textContent = piece;
        span.dataset.word = words.length - 1;
        words.at(-1).push(span);
        return span;
      });
      node.replaceWith(...pieces);
    }
  }
  return words;
}

function followWords() {
  const track = [...film.textTracks].find((each) => each.kind === "metadata");
  const beats = [...document.querySelectorAll(".beat")];
  const beatTimes = beatStarts();
  const words = wrapWords();
  let cues = [];
  let times = [];
  let [word, beat] = [-1, -1];

  // Of a whole lesson they weigh as much as the page: they come when they are wanted.
  const timed = new Promise((resolve) => {
    film.querySelector("track[kind=metadata]").addEventListener("load", () => {
      // By their numbers: of two that begin together, a track puts the longer one first.
      cues = [...track.cues].sort((one, other) => one.id - other.id);
      times = cues.map((cue) => cue.startTime);
      document.documentElement.dataset.words = cues.length === words.length ? "timed" : "unequal";
      show();
      resolve();
    });
  });
  const loadTimes = () => (track.mode = "hidden");
  for (const name of ["play", "seeking"]) film.addEventListener(name, loadTimes, { once: true });

  function show() {
    const now = film.currentTime + 0.01; // a seek lands a little before what was asked for
    let next = lastBefore(times, now);
    if (cues.length !== words.length || (next >= 0 && now > cues[next].endTime + 0.5)) next = -1;
    if (next !== word) {
      words[word]?.forEach((piece) => piece.classList.remove("now"));
      words[next]?.forEach((piece) => piece.classList.add("now"));
      word = next;
    }
    const started = film.currentTime > 0 || !film.paused;
    const said = started ? lastBefore(beatTimes, now) : -1;
    if (said !== beat) {
      const before = beats[beat];
      const reading = isInView(before ?? beats[0]);
      before?.classList.remove("now");
      beats[said]?.classList.add("now");
      if (reading) bringIntoView(beats[said]);
      beat = said;
    }
  }

  function run() {
    show();
    if (!film.paused) requestAnimationFrame(run);
  }
  film.addEventListener("play", run);
  film.addEventListener("seeked", show);

  page.addEventListener("click", async (event) => {
    const piece = event.target.closest(".word");
    if (!piece || getSelection().toString()) return; // who selects, does not point
    loadTimes();
    await timed;
    seek(times[piece.dataset.word]);
  });
}

// Only those who read along are taken along: the page of one who looks elsewhere stays.
function isInView(element) {
  const box = element.getBoundingClientRect();
  const frame = element.closest(".words").getBoundingClientRect();
  const top = Math.max(frame.top, 0);
  return box.bottom > top && box.top < Math.min(frame.bottom, innerHeight);
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

function bringIntoView(element) {
  const behavior = still.matches ? "instant" : "smooth";
  const panel = element?.closest(".words");
  if (panel && panel.scrollHeight > panel.clientHeight) {
    const top = element.offsetTop - panel.offsetTop - panel.clientHeight / 3;
    panel.scrollTo({ top, behavior });
  } else {
    element?.scrollIntoView({ block: "nearest", behavior });
  }
}

function rememberWatching() {
  const here = page.dataset.part;
  const chapters = [...document.querySelectorAll(".chapters .time")];
  const parts = chapters.length
    ? chapters.map((link) => link.closest("[data-scene]").dataset.scene)
    : [here];
  const starts = chapters.length ? chapters.map(moment) : [0];

  const resume = document.querySelector(".resume");
  const at = progress.at[here];
  if (at > 5 && film.currentTime === 0 && !location.search && !location.hash) {
    resume.hidden = false;
    resume.textContent = resume.dataset.told.replace("{}", clock(at));
    resume.addEventListener("click", () => seek(at));
    film.addEventListener("play", () => (resume.hidden = true), { once: true });
  }

  let saved = 0;
  film.addEventListener("timeupdate", () => {
    if (film.paused && !film.ended) return;
    const part = lastBefore(starts, film.currentTime);
    const end = starts[part + 1] ?? film.duration;
    const share = (film.currentTime - starts[part]) / (end - starts[part]);
    const isNew = share > WATCHED && !(parts[part] in progress.seen);
    if (!isNew && Math.abs(film.currentTime - saved) < 2) return;
    saved = film.currentTime;
    if (share > WATCHED) progress.seen[parts[part]] = true;
    progress.at[here] = film.ended || film.currentTime > film.duration * WATCHED ? 0 : saved;
    progress.last = parts[part];
    remember();
    if (isNew) showProgress();
  });
}

// -- controls and keys ------------------------------------------------------------------------

function addControls(player) {
  const controls = player.querySelector(".controls");
  const rate = controls.querySelector("[name=rate]");
  const captions = controls.querySelector("[name=captions]");
  const tracks = [...film.textTracks].filter((each) => /captions|subtitles/.test(each.kind));
  const beats = beatStarts();
  controls.hidden = false;

  rate.addEventListener("change", () => (film.playbackRate = +rate.value));
  film.addEventListener("ratechange", () => (rate.value = String(film.playbackRate)));
  captions.addEventListener("change", () => {
    for (const track of tracks) track.mode = track.language === captions.value ? "showing" : "disabled";
  });
  const showCaptions = () => {
    captions.value = tracks.find((track) => track.mode === "showing")?.language ?? "";
  };
  film.textTracks.addEventListener("change", showCaptions);
  showCaptions();

  const step = (by) => {
    // Back from the first second of a sentence goes to the one before, later to its beginning.
    const now = lastBefore(beats, film.currentTime + (by < 0 ? -1 : 0.01));
    seek(beats[Math.min(Math.max(now + (by < 0 ? 0 : 1), 0), beats.length - 1)], false);
  };
  for (const button of controls.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(+button.dataset.step));
  }
  const choose = (select, number) => {
    if (!(number in select.options)) return;
    select.selectedIndex = number;
    select.dispatchEvent(new Event("change"));
  };
  const keys = {
    k: () => (film.paused ? film.play() : film.pause()),
    j: () => seek(Math.max(film.currentTime - 5, 0), false),
    l: () => seek(Math.min(film.currentTime + 5, film.duration), false),
    p: () => step(-1),
    n: () => step(1),
    c: () => choose(captions, (captions.selectedIndex + 1) % captions.length),
    "<": () => choose(rate, rate.selectedIndex - 1),
    ">": () => choose(rate, rate.selectedIndex + 1),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : film.requestFullscreen()),
  };
  // Single letters act only while the film or something beside it has the focus (WCAG 2.1.4).
  player.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const name of ["play", "pause", "ended"]) {
    film.addEventListener(name, () => document.documentElement.classList.toggle("playing", !film.paused));
  }
}

// -- code -------------------------------------------------------------------------------------

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // In frames and on plain http.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function addCopying() {
  for (const code of document.querySelectorAll("[data-addresses] code")) {
    // Where the site's address was not known when it was made, it is now.
    code.textContent = code.textContent.replace(
      /\b(src|poster)="([^"]+)"/g,
      (_, name, address) => `${name}="${new URL(address, location.href)}"`,
    );
  }
  for (const code of document.querySelectorAll("pre.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "कॉपी करें";
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await copy(code.textContent.replace(/\n$/, "") + "\n");
      button.textContent = "कॉपी हो गया";
      setTimeout(() => (button.textContent = "कॉपी करें"), 2000);
    });
    const frame = document.createElement("div");
    frame.className = "copyable";
    code.replaceWith(frame);
    frame.append(button, code);
  }
}

showProgress();
addCopying();
if (film) {
  followSeeks();
  if (page) {
    followWords();
    rememberWatching();
    addControls(document.querySelector(".player"));
  }
}
