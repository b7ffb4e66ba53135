// Practice questions: choose, check, read why. The page holds all texts and works without this.
// What was chosen is remembered in this browser, under the same name on every page of the course;
// not so on a page with <html data-memory="elsewhere">, whose system keeps it for each learner.
//
// After every change the document gets an event "answers" whose detail is {all, answered, right}:
// the numbers of questions on this page, of those answered, and of those right at the first try.

const MEMORY = "answers";
const keeps = document.documentElement.dataset.memory !== "elsewhere";

function remembered() {
  if (!keeps) return {};
  try {
    return { ...JSON.parse(localStorage.getItem(MEMORY)) };
  } catch {
    return {}; // kept nowhere, as in a frame without storage: the page works all the same
  }
}

// {"lesson/question": [number of the first choice tried, the second …]}
const tried = remembered();

function remember() {
  if (!keeps) return;
  try {
    localStorage.setItem(MEMORY, JSON.stringify(tried));
  } catch {
    // as above
  }
}

class Question {
  constructor(article) {
    this.name = article.dataset.question;
    this.article = article;
    this.radios = [...article.querySelectorAll("input")];
    this.button = article.querySelector(".check");
    this.told = article.querySelector(".told");
    this.details = article.querySelector("details");
    this.reasons = [...this.details.querySelectorAll("li")];
    this.right = this.reasons.findIndex((reason) => "right" in reason.dataset);
    this.button.addEventListener("click", () => this.check());
  }

  get tries() {
    const kept = tried[this.name];
    return Array.isArray(kept) ? kept.filter((n) => n in this.radios) : [];
  }

  check() {
    const chosen = this.radios.findIndex((radio) => radio.checked);
    if (chosen < 0) {
      this.told.replaceChildren(this.told.dataset.none);
      return;
    }
    tried[this.name] = [...this.tries, chosen];
    this.show();
    if (chosen === this.right) {
      this.details.querySelector("summary").focus(); // the button that had it is gone
    }
    changed();
  }

  /** Bring the picture to what was tried. */
  show() {
    const last = this.tries.at(-1);
    const done = this.tries.includes(this.right);
    this.article.dataset.state = last === undefined ? "open" : done ? "right" : "wrong";
    this.button.hidden = done;
    this.details.hidden = last === undefined;
    this.details.open &&= last !== undefined;
    this.radios.forEach((radio, n) => {
      radio.disabled = done;
      radio.checked = n === (done ? this.right : last);
      radio.parentElement.dataset.state =
        n === this.right && done ? "right" : this.tries.includes(n) && n !== this.right ? "wrong" : "";
    });
    this.told.replaceChildren();
    if (last === undefined) return;
    const verdict = document.createElement("strong");
    verdict.textContent = done ? `✓ ${this.told.dataset.right}` : `✗ ${this.told.dataset.wrong}`;
    const shown = done ? this.right : last;
    const why = this.reasons[shown].querySelector(".why").cloneNode(true);
    this.told.append(verdict, why);
    if (!done) this.told.append(this.told.dataset.again);
  }
}

const questions = [...document.querySelectorAll(".question")].map((each) => new Question(each));

function changed() {
  remember();
  announce();
}

function announce() {
  const answered = questions.filter((each) => each.tries.length);
  const right = answered.filter((each) => each.tries[0] === each.right);
  for (const score of document.querySelectorAll(".questions .score")) {
    const text = score.querySelector("[data-told]");
    score.hidden = !answered.length;
    text.textContent = text.dataset.told
      .replace("{all}", questions.length)
      .replace("{right}", right.length);
  }
  const detail = { all: questions.length, answered: answered.length, right: right.length };
  document.dispatchEvent(new CustomEvent("answers", { detail }));
}

/** Take up answers that were kept elsewhere, such as by a learning management system. */
export function restore(kept) {
  for (const { name } of questions) {
    if (name in kept) tried[name] = kept[name];
    else delete tried[name];
  }
  for (const each of questions) each.show();
  changed();
}

/** What was tried on this page's questions, to be kept elsewhere. */
export function answers() {
  return Object.fromEntries(questions.filter((q) => q.tries.length).map((q) => [q.name, q.tries]));
}

for (const button of document.querySelectorAll(".questions .afresh")) {
  button.addEventListener("click", () => {
    restore({});
    questions[0].radios[0].focus();
  });
}
for (const each of questions) each.show();
announce();
