// Reports to a learning management system by SCORM 1.2 what was watched and answered, and takes up
// from there the next time. Where no such system is around the page, the page works by itself.

import { answers, restore } from "./questions.js";

const WINDOWS = 30; // to look into for the system; systems nest frames in frames
const EVERY = 15; // seconds between reports while the film plays
const WATCHED = 90; // percent of the film that count as all of it
const PASSED = 60; // score from which all answered is passed
const RANKS = ["incomplete", "completed", "passed"];

/** The system's API: in a window around this one, or around one that opened it. */
function findAPI() {
  const windows = new Set([window]); // while it is walked through it grows, nearest first
  for (const place of windows) {
    try {
      if (place.API) return place.API;
    } catch {
      // of another origin; what is around it may not be
    }
    if (windows.size < WINDOWS && place.parent) windows.add(place.parent);
    if (windows.size < WINDOWS && place.opener) windows.add(place.opener);
  }
  return null;
}

class System {
  constructor(api) {
    this.api = api;
    this.began = Date.now();
    this.open = this.said(api.LMSInitialize(""), "LMSInitialize");
  }

  get(name) {
    return this.open ? String(this.api.LMSGetValue(name) ?? "") : "";
  }

  set(name, value) {
    if (this.open) this.said(this.api.LMSSetValue(name, String(value)), `${name} = ${value}`);
  }

  commit() {
    if (!this.open) return;
    this.set("cmi.core.session_time", spanned((Date.now() - this.began) / 1000));
    this.said(this.api.LMSCommit(""), "LMSCommit");
  }

  finish() {
    if (!this.open) return;
    this.set("cmi.core.exit", "suspend"); // so that it hands everything back the next time
    this.commit();
    this.said(this.api.LMSFinish(""), "LMSFinish");
    this.open = false;
  }

  /** Whether the system took a call; if not, the console says why. */
  said(result, call) {
    if (String(result) === "true") return true;
    const code = this.api.LMSGetLastError();
    console.warn(`SCORM: ${call}: error ${code} ${this.api.LMSGetErrorString(code)}`);
    return false;
  }
}

/** Seconds as SCORM 1.2 writes a time span: HHHH:MM:SS.SS. */
function spanned(seconds) {
  const cents = Math.round(seconds * 100);
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(cents / 360000), Math.floor(cents / 6000) % 60];
  return `${String(hours).padStart(4, "0")}:${two(minutes)}:${two(Math.floor(cents / 100) % 60)}.${two(cents % 100)}`;
}

/** What the system kept: {seen: a digit for each percent of the film, answers: as in questions.js}. */
function kept(system) {
  try {
    return { ...JSON.parse(system.get("cmi.suspend_data")) };
  } catch {
    return {}; // the first time, or a system that shortens what it is given
  }
}

function report(system) {
  const film = document.getElementById("film");
  const before = kept(system);
  const place = Number.parseFloat(system.get("cmi.core.lesson_location"));
  if (place > 0) film.currentTime = place;
  if (["browse", "review"].includes(system.get("cmi.core.lesson_mode"))) {
    restore(before.answers ?? {});
    return; // nothing of this visit counts
  }
  const seen = Array.from({ length: 100 }, (_, n) => before.seen?.[n] === "1");
  const best = Number.parseFloat(system.get("cmi.core.score.raw"));
  let score = Number.isFinite(best) ? best : -1;
  let status = Math.max(RANKS.indexOf(system.get("cmi.core.lesson_status")), 0);
  let done = { all: 0, answered: 0, right: 0 };
  let reported = 0;

  const say = () => {
    const watched = seen.filter(Boolean).length >= WATCHED;
    const answered = done.answered === done.all;
    if (watched && answered) status = Math.max(status, RANKS.indexOf("completed"));
    if (done.all && answered && score >= PASSED) status = RANKS.indexOf("passed");
    system.set("cmi.core.lesson_status", RANKS[status]);
    system.set("cmi.core.lesson_location", film.currentTime.toFixed(1));
    const digits = seen.map(Number).join("");
    system.set("cmi.suspend_data", JSON.stringify({ seen: digits, answers: answers() }));
    system.commit();
    reported = Date.now();
  };

  document.addEventListener("answers", ({ detail }) => {
    done = detail;
    const now = done.all ? Math.round((100 * done.right) / done.all) : 0;
    if (done.answered && now > score) {
      // The best so far: who starts afresh loses nothing.
      score = now;
      system.set("cmi.core.score.min", 0);
      system.set("cmi.core.score.max", 100);
      system.set("cmi.core.score.raw", score);
    }
    say();
  });

  let last = NaN; // second up to which it played without a leap
  film.addEventListener("seeking", () => (last = NaN));
  film.addEventListener("timeupdate", () => {
    if (film.seeking) return;
    const percent = (time) => Math.min(Math.floor((100 * time) / film.duration), 99);
    if (last >= 0) seen.fill(true, percent(last), percent(film.currentTime) + 1);
    last = film.currentTime;
    if (!film.paused && Date.now() - reported > 1000 * EVERY) say();
  });
  film.addEventListener("pause", say);
  film.addEventListener("ended", say);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) say(); // a phone may end the page without a further word
  });

  restore(before.answers ?? {});

  addEventListener("pagehide", () => {
    say();
    system.finish();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // back from the browser's memory: a session of its own
  });
}

const api = findAPI();
if (api) {
  const system = new System(api);
  if (system.open) report(system);
}
