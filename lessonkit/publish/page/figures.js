// Interactive figures: moves what the page's pictures show at first. Each kind of figure computes
// in closed form, or looks up what was recorded, from the numbers in its own <script>.

const SVG = "http://www.w3.org/2000/svg";
const [DOT, HANDLE, BADGE] = [3.5, 8, 8];
const QUIET = 600; // ms without a change after which a screen reader is told the values
const PACE = 80; // ms a step of a race that plays

/** A number as a reader writes it: fixed decimals, or a power of ten where those say nothing. */
export function written(value, digits = 2) {
  const size = Math.abs(value);
  if (size && (size >= 1e4 || size < 0.5 * 10 ** -digits)) {
    const [factor, power] = value.toExponential(1).split("e");
    const raised = [...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
    return `${factor}×10${raised}`.replace("-", "−");
  }
  return value.toFixed(digits).replace("-", "−");
}

const horner = (coefficients, x) => coefficients.reduceRight((sum, c) => sum * x + c, 0);
const derivative = (coefficients) => coefficients.slice(1).map((c, n) => c * (n + 1));
const line = (role, points) => ({ shape: "line", role, points });
const dots = (role, points) => ({ shape: "dots", role, points });

class Plot {
  constructor(svg, { x, y }, box) {
    this.svg = svg;
    [this.x, this.y, this.box] = [x, y, box];
    this.layer = svg.querySelector(".initial");
  }

  at([x, y]) {
    const [left, top, width, height] = this.box;
    const across = (x - this.x[0]) / (this.x[1] - this.x[0]);
    const down = (this.y[1] - y) / (this.y[1] - this.y[0]);
    return [left + across * width, top + down * height];
  }

  /** The axes coordinates of a place on the screen. */
  under(event) {
    const place = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = place.matrixTransform(this.svg.getScreenCTM().inverse());
    const [left, top, width, height] = this.box;
    return [
      this.x[0] + ((x - left) / width) * (this.x[1] - this.x[0]),
      this.y[1] - ((y - top) / height) * (this.y[1] - this.y[0]),
    ];
  }

  draw(shapes) {
    this.layer.replaceChildren(...shapes.map((shape) => this.shape(shape)));
  }

  shape({ shape, role, points }) {
    const places = points.map((point) => this.at(point).map((c) => c.toFixed(1)));
    if (shape === "line") return drawn("polyline", { class: role, points: places.join(" ") });
    const badge = shape === "badge";
    const group = drawn("g", { class: `${badge ? "badge" : "dot"} ${role}` });
    const r = badge ? BADGE : role === "handle" ? HANDLE : DOT;
    for (const [cx, cy] of places) group.append(drawn("circle", { cx, cy, r }));
    if (badge) {
      const [[x, y]] = places;
      const letter = drawn("text", { x, y: (Number(y) + 4).toFixed(1), "text-anchor": "middle" });
      letter.textContent = role[0].toUpperCase();
      group.append(letter);
    }
    return group;
  }
}

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

class Figure {
  constructor(element) {
    this.element = element;
    const told = JSON.parse(element.querySelector("script").textContent);
    this.numbers = told.numbers;
    this.texts = told.texts;
    const pictures = [...element.querySelectorAll(".plots > svg")];
    this.plots = pictures.map((svg, n) => new Plot(svg, told.plots[n], told.box));
    this.inputs = {};
    for (const input of element.querySelectorAll("[data-in]")) {
      this.inputs[input.dataset.in] = input;
      input.addEventListener("input", () => this.show());
    }
    kinds[told.kind](this);
    element.querySelector(".controls").hidden = false;
    this.show();
  }

  /** Set up a slider; its value is then read with `value`. */
  slider(name, { least, most, step, at }) {
    Object.assign(this.inputs[name], { min: least, max: most, step, value: at });
  }

  value(name) {
    return Number(this.inputs[name].value);
  }

  /** Let the picture be dragged sideways: `value` makes the slider's value from axes coordinates. */
  drag(plot, name, value) {
    const { svg } = plot;
    svg.classList.add("draggable");
    const move = (event) => {
      this.inputs[name].value = value(plot.under(event)); // the slider keeps it in its bounds
      this.show();
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      move(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (svg.hasPointerCapture(event.pointerId)) move(event);
    });
  }

  out(name, text) {
    this.element.querySelector(`[data-out="${name}"]`).textContent = text;
  }

  /** Bring pictures and texts to the sliders. */
  show() {
    const { shapes, outs, verdict } = this.state();
    shapes.forEach((drawn, n) => this.plots[n].draw(drawn));
    for (const [name, text] of Object.entries(outs)) this.out(name, text);
    this.out("verdict", verdict);
    for (const [name, input] of Object.entries(this.inputs)) {
      input.setAttribute("aria-valuetext", outs[name] ?? input.value);
    }
    const told = Object.entries(outs).map(([name, text]) => `${this.texts[name]} = ${text}`);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => {
      if (this.touched) this.element.querySelector(".said").textContent = `${told.join(", ")}. ${verdict}`;
      this.touched = true; // what the page shows at first is nobody's change
    }, this.touched ? QUIET : 0);
  }
}

const kinds = {
  tangent(figure) {
    const { polynomial, ...range } = figure.numbers;
    const slopes = derivative(polynomial);
    const [plot] = figure.plots;
    figure.slider("position", range);
    figure.drag(plot, "position", ([x]) => x);
    figure.state = () => {
      const x = figure.value("position");
      const [y, slope] = [horner(polynomial, x), horner(slopes, x)];
      const tangent = (at) => y + slope * (at - x);
      const sign = Math.abs(slope) < range.step / 2 ? "zero" : slope < 0 ? "negative" : "positive";
      return {
        shapes: [
          [
            line("muted dashed", [[x, y], [x + 1, y], [x + 1, tangent(x + 1)]]),
            line("slope", plot.x.map((edge) => [edge, tangent(edge)])),
            line("input dashed", [[x, 0], [x, y]]),
            dots("handle", [[x, y]]),
          ],
        ],
        outs: { position: written(x), value: written(y), slope: written(slope) },
        verdict: figure.texts[sign],
      };
    };
  },

  secant(figure) {
    const { polynomial, at, h: first, ...range } = figure.numbers;
    const [picture, graph] = figure.plots;
    const near = [at, horner(polynomial, at)];
    figure.slider("step", { ...range, at: first });
    figure.drag(picture, "step", ([x]) => x - at);
    figure.drag(graph, "step", ([h]) => h);
    figure.state = () => {
      const h = figure.value("step");
      const far = [at + h, horner(polynomial, at + h)];
      const rise = far[1] - near[1];
      const slope = rise / h; // at h = 0 there is none: the picture has no line then
      const secant = (x) => near[1] + slope * (x - at);
      const there = [
        line("slope", picture.x.map((edge) => [edge, secant(edge)])),
        line("input", [near, [far[0], near[1]]]),
        line("output dashed", [[far[0], near[1]], far]),
      ];
      return {
        shapes: [
          [...(h ? there : []), dots("ink", [near]), dots("handle", [far])],
          h ? [line("input dashed", [[h, 0], [h, slope]]), dots("handle", [[h, slope]])] : [],
        ],
        outs: {
          step: written(h),
          rise: written(rise, Number.isInteger(Math.round(rise * 1e4) / 100) ? 2 : 4),
          run: written(h),
          slope: h ? written(slope) : "0/0",
        },
        verdict: figure.texts[!h ? "none" : Math.abs(h) <= 0.1 ? "near" : "far"],
      };
    };
  },

  descent(figure) {
    const { start, steps, close } = figure.numbers;
    const [bowl] = figure.plots;
    figure.slider("rate", figure.numbers.lr);
    figure.slider("curvature", figure.numbers.curvature);
    const { least, most } = figure.numbers.lr;
    const mark = figure.element.querySelector("[data-mark=bound]");
    figure.state = () => {
      const [lr, curvature] = [figure.value("rate"), figure.value("curvature")];
      const loss = (w) => (curvature / 2) * w * w;
      const factor = 1 - lr * curvature;
      const path = Array.from({ length: steps + 1 }, (_, k) => start * factor ** k);
      const share = (2 / curvature - least) / (most - least);
      mark.hidden = share > 1;
      mark.style.setProperty("--share", share);
      const out = path.findIndex((w) => loss(w) > bowl.y[1]);
      const seen = out < 0 ? path : path.slice(0, out + 1); // no further than out of the picture
      const [low, high] = bowl.x;
      const samples = Array.from({ length: 61 }, (_, n) => low + ((high - low) * n) / 60);
      const over = seen.map((w) => [w, loss(w)]);
      const told = seen.map((w, k) => [k, loss(w)]);
      return {
        shapes: [
          [
            line("loss", samples.map((w) => [w, loss(w)])),
            line("gradient", over),
            dots("gradient", over),
          ],
          [line("loss", told), dots("loss", told)],
        ],
        outs: {
          rate: written(lr),
          curvature: written(curvature, 1),
          factor: written(factor),
          bound: written(2 / curvature),
          weight: written(path[steps], 3),
          loss: written(loss(path[steps]), 3),
        },
        verdict: figure.texts[described(factor, steps, close)],
      };
    };
  },

  race(figure) {
    const { runs, steps, at, below } = figure.numbers;
    const rows = [...figure.element.querySelectorAll("[data-run]")];
    const button = figure.element.querySelector(".play");
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    figure.slider("step", { least: 0, most: steps, step: 1, at });
    let clock = null;
    const stop = () => {
      clearInterval(clock);
      clock = null;
      button.textContent = `▶ ${figure.texts.play}`;
    };
    button.addEventListener("click", () => {
      if (clock !== null) return stop();
      if (figure.value("step") === steps) figure.inputs.step.value = 0;
      button.textContent = `❚❚ ${figure.texts.pause}`;
      clock = setInterval(() => {
        figure.inputs.step.value = figure.value("step") + 1;
        figure.show();
        if (figure.value("step") === steps) stop();
      }, PACE);
    });
    const follow = () => {
      stop();
      button.hidden = calm.matches; // the slider shows the same without motion of its own
    };
    calm.addEventListener("change", follow);
    follow();
    figure.inputs.step.addEventListener("input", stop);
    for (const row of rows) row.querySelector("input").addEventListener("change", () => figure.show());
    figure.state = () => {
      const step = figure.value("step");
      const [paths, charts, said] = [[], [], []];
      for (const row of rows) {
        const name = row.dataset.run;
        const { points, values, settled } = runs[name];
        const reached = settled !== null && settled <= step;
        const loss = written(values[step], 3);
        row.querySelector("[data-out=loss]").textContent = loss;
        row.querySelector("[data-out=settled]").textContent = reached
          ? figure.texts.since.replace("{step}", settled)
          : figure.texts["not-yet"];
        if (!row.querySelector("input").checked) continue;
        const path = points.slice(0, step + 1);
        const chart = values.slice(0, step + 1).map((v, k) => [k, Math.log10(Math.max(v, 1e-9))]);
        paths.push(line(name, path), { shape: "badge", role: name, points: [path[step]] });
        charts.push(line(name, chart), { shape: "badge", role: name, points: [chart[step]] });
        said.push(`${figure.texts[name]}: ${figure.texts.loss} ${loss}`);
      }
      return { shapes: [paths, charts], outs: { step: String(step) }, verdict: said.join(", ") };
    };
  },
};

/** How gradient descent goes that multiplies the distance by `factor` at each step. */
function described(factor, steps, close) {
  const size = Math.abs(factor);
  if (size > 1 + 1e-9) return "diverging";
  if (size > 1 - 1e-9) return "stuck";
  if (size < 1e-9) return "exact";
  if (factor < 0) return "jumping";
  return factor ** steps > close ? "slow" : "good";
}

for (const element of document.querySelectorAll("figure[data-figure]")) new Figure(element);
