// The report's behaviour: tables from the data in the page, details drawn when opened.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const metricOf = Object.fromEntries(data.metrics.map((m) => [m.name, m]));
const BASELINES = /^(ground-truth|other-performance|sine)$|\/(wrong-timbre|codec)$/;
const isBaseline = (name) => BASELINES.test(name);
const ordered = [...data.systems].sort((a, b) => isBaseline(a) - isBaseline(b));
const state = { system: ordered[0], sort: null, down: false, all: false, open: new Set() };

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};
const show = (value, digits) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);
const arrow = (m) => (m.higher_is_better === null ? "" : m.higher_is_better ? " ↑" : " ↓");
const heading = (m) =>
  make("th", { title: m.about, scope: "col" }, m.label, make("span", { class: "way" }, arrow(m)));

// Systems ------------------------------------------------------------------------------------

function drawSummary() {
  const shown = data.metrics.filter((m) => m.headline);
  const head = make("tr", {}, make("th", { scope: "col" }, "System"),
    make("th", { scope: "col" }, "Items"), ...shown.map(heading),
    make("th", { scope: "col", title: "Mean onset F over the ground truth's" }, "F of ceiling"),
    make("th", { scope: "col", title: "Seconds of computing per second of sound, hearing the timbre included: median, on the machine of the run; below 1 is faster than real time" },
      "× real time", make("span", { class: "way" }, " ↓")));
  const best = {};
  for (const m of shown) {
    const means = ordered.filter((name) => !isBaseline(name))
      .map((name) => data.summary[name].figures[m.name]?.mean)
      .filter((mean) => mean !== null && mean !== undefined);
    if (means.length > 1) best[m.name] = m.higher_is_better ? Math.max(...means) : Math.min(...means);
  }
  let below = false;
  const rows = ordered.map((name) => {
    const summary = data.summary[name];
    const first = isBaseline(name) && !below;
    below = isBaseline(name);
    const cells = shown.map((m) => {
      const figure = summary.figures[m.name];
      if (!figure || figure.mean === null) return make("td", {}, "–");
      const isBest = !isBaseline(name) && figure.mean === best[m.name];
      const range = figure.low === null ? null
        : make("span", { class: "ci" }, `${show(figure.low, figure.digits)} … ${show(figure.high, figure.digits)}`);
      const note = figure.undefined ? `${figure.undefined} items have none` : "";
      return make("td", { class: isBest ? "best" : "", title: note },
        make("span", { class: "mean" }, show(figure.mean, figure.digits)), range);
    });
    const failed = summary.failed ? make("span", { class: "ci failed" }, `${summary.failed} failed`) : null;
    return make("tr", { class: `${below ? "baseline" : ""} ${first ? "first-baseline" : ""}` },
      make("td", {}, name), make("td", {}, String(summary.items), failed), ...cells,
      make("td", {}, show(summary.of_ceiling.onset_f, 2)),
      make("td", {}, show(data.timings[name]?.rtf, 3)));
  });
  document.getElementById("summary").append(
    make("thead", {}, head), make("tbody", {}, ...rows));
}

// Decimals come from Python: what an interval carries is decided in one place.
function distanceCell(d, key) {
  const cell = d.cells[key];
  return make("td", {}, make("span", { class: "mean" }, cell.value),
    cell.range ? make("span", { class: "ci" }, cell.range) : null);
}

function halvesCell(d, key) {
  const cell = d.cells[key];
  return make("td", {}, make("span", { class: "mean" }, cell.half),
    cell.floor ? make("span", { class: "ci" }, `truth ${cell.floor}`) : null);
}

function drawDistances() {
  const names = ordered.filter((name) => data.distances[name]);
  if (!names.length) return document.getElementById("distances-section").remove();
  const titles = ["System", "FAD ↓", "KAD ↓", "FAD of halves ↓", "KAD of halves ↓", "Embedding", "Read with care"];
  const head = make("tr", {}, ...titles.map((title, i) =>
    make("th", { class: i > 4 ? "text" : "" }, title)));
  const rows = names.map((name) => {
    const d = data.distances[name];
    return make("tr", {}, make("td", {}, name), distanceCell(d, "fad"), distanceCell(d, "kad"),
      halvesCell(d, "fad"), halvesCell(d, "kad"), make("td", { class: "text small" }, d.embedding),
      make("td", { class: "text small" }, d.note));
  });
  document.getElementById("distances").append(make("thead", {}, head), make("tbody", {}, ...rows));
}

// Items --------------------------------------------------------------------------------------

function drawTabs() {
  document.getElementById("systems").replaceChildren(...ordered.map((name) =>
    make("button", {
      role: "tab", "aria-selected": String(name === state.system),
      onclick: () => { state.system = name; state.open.clear(); drawTabs(); drawItems(); },
    }, name)));
}

function worseFirst(rows, m) {
  const sign = m.higher_is_better === false ? -1 : 1;
  const value = (row) => row.figures[m.name];
  return rows.sort((a, b) => {
    // Failed rows and undefined figures come first: they are what to look at.
    const [x, y] = [value(a), value(b)];
    const [noX, noY] = [x === null || x === undefined, y === null || y === undefined];
    if (noX || noY) return noY - noX;
    return (x - y) * sign * (state.down ? -1 : 1);
  });
}

function drawItems() {
  const rows = data.rows.filter((row) => row.system === state.system);
  const has = (m) => rows.some((row) => row.figures[m.name] !== null && row.figures[m.name] !== undefined);
  const shown = data.metrics.filter((m) => (state.all || m.headline) && has(m));
  if (!shown.some((m) => m.name === state.sort)) {
    state.sort = (shown.find((m) => m.name === "mss_audible") ?? shown[0])?.name ?? null;
  }
  const head = make("tr", {}, make("th", { scope: "col" }, "Item"), ...shown.map((m) => {
    const th = make("th", { scope: "col", title: m.about }, make("button", {
      onclick: () => {
        state.down = state.sort === m.name ? !state.down : false;
        state.sort = m.name;
        drawItems();
      },
    }, m.label, make("span", { class: "way" }, arrow(m))));
    if (m.name === state.sort) th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    return th;
  }));
  const most = Object.fromEntries(shown.map((m) =>
    [m.name, Math.max(...rows.map((row) => Math.abs(row.figures[m.name] ?? 0)), 1e-9)]));
  const body = make("tbody");
  const sorted = state.sort ? worseFirst(rows, metricOf[state.sort]) : rows;
  for (const row of sorted) {
    const open = state.open.has(row.item);
    const toggle = () => {
      if (open) state.open.delete(row.item); else state.open.add(row.item);
      drawItems();
    };
    const tr = make("tr", {
      class: `row ${open ? "open" : ""}`, tabindex: "0", "aria-expanded": String(open),
      onclick: toggle,
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
      },
    }, make("td", {}, row.item));
    if (row.error !== null) {
      tr.append(make("td", { class: "failed", colspan: String(shown.length) }, row.error));
    } else {
      tr.append(...shown.map((m) => {
        const value = row.figures[m.name];
        const bar = make("i");
        bar.style.width = `${(54 * Math.abs(value ?? 0)) / most[m.name]}px`;
        return make("td", { class: "shade" }, show(value, m.digits), bar);
      }));
    }
    body.append(tr);
    if (open && row.error === null) {
      body.append(make("tr", { class: "detail" },
        make("td", { colspan: String(shown.length + 1) }, detail(row))));
    }
  }
  document.getElementById("items").replaceChildren(make("thead", {}, head), body);
}

// Details ------------------------------------------------------------------------------------

const SCALES = "Spectrograms: 40 Hz to 11 kHz, logarithmic; 70 dB below each sound's loudest; one time scale.";

function detail(row) {
  const item = data.items[row.item];
  const parts = [
    ["Reference", `other-performance/${row.item}`, "the timbre that was given"],
    ["Target", `ground-truth/${row.item}`, "the score played by that instrument"],
    ["Render", row.sound, row.system],
  ];
  const seen = new Set();
  const heard = parts.filter(([, key]) => data.sounds[key] && !seen.has(key) && seen.add(key));
  // One time scale for all, so that onsets stand below each other.
  const longest = Math.max(...heard.map(([, key]) => data.sounds[key].seconds));
  const figures = heard.map(([name, key, about]) =>
    soundFigure(name, about, data.sounds[key], longest));
  const words = item.text ? `Words: “${item.text}”. ` : "";
  const limits = row.limits.length ? `The engine says: ${row.limits.join("; ")}. ` : "";
  return make("div", {}, make("div", { class: "sounds" }, ...figures), rollFigure(row, item),
    make("p", { class: "limits" }, words + limits + SCALES));
}

function soundFigure(name, about, sound, longest) {
  const canvas = make("canvas", { role: "img", "aria-label": `Spectrogram of ${name.toLowerCase()}` });
  paintSpectrogram(canvas, sound.spectrogram, sound.seconds / longest);
  const player = make("audio", { controls: "", preload: "none", src: `data:audio/mpeg;base64,${sound.mp3}` });
  return make("figure", {}, make("figcaption", {}, make("b", {}, name), ` · ${about} · ${sound.seconds.toFixed(1)} s`),
    canvas, player);
}

// Black over violet and orange to pale yellow: even in brightness, readable without colour.
const RAMP = [[13, 11, 30], [65, 18, 92], [135, 33, 107], [203, 65, 73], [245, 125, 21], [250, 195, 60], [252, 255, 190]];

function colour(level) {
  const place = level * (RAMP.length - 1);
  const i = Math.min(RAMP.length - 2, Math.floor(place));
  return [0, 1, 2].map((c) => RAMP[i][c] + (RAMP[i + 1][c] - RAMP[i][c]) * (place - i));
}

function paintSpectrogram(canvas, encoded, share) {
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
  const bands = 96, steps = bytes.length / 96;
  canvas.width = Math.ceil(steps / share); canvas.height = bands;
  canvas.style.height = "150px";
  const context = canvas.getContext("2d");
  const image = context.createImageData(steps, bands);
  for (let band = 0; band < bands; band++) {
    for (let step = 0; step < steps; step++) {
      const at = 4 * ((bands - 1 - band) * steps + step);
      image.data.set([...colour(bytes[band * steps + step] / 255), 255], at);
    }
  }
  context.putImageData(image, 0, 0);
}

function rollFigure(row, item) {
  const count = (kind) => row.roll.filter((note) => note[3] === kind).length;
  const key = (kind) => make("span", { class: `key ${kind}` });
  const canvas = make("canvas", { class: "roll", role: "img",
    "aria-label": `Piano roll: ${count("found")} notes found, ${count("missed")} missed, ${count("extra")} extra` });
  // Its width is known only once it is in the page.
  requestAnimationFrame(() => paintRoll(canvas, row.roll, item.length_s));
  return make("figure", { class: "roll-box" }, make("figcaption", {}, make("b", {}, "Notes heard in the render"),
    key("found"), `${count("found")} found`, key("missed"), `${count("missed")} missed`,
    key("extra"), `${count("extra")} extra`), canvas);
}

function paintRoll(canvas, notes, length) {
  const width = canvas.clientWidth || 900, height = 150, scale = window.devicePixelRatio || 1;
  canvas.width = width * scale; canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const css = getComputedStyle(document.documentElement);
  const ink = (name) => css.getPropertyValue(`--${name}`).trim();
  const pitches = notes.map((note) => note[1]);
  const low = Math.min(...pitches) - 2, high = Math.max(...pitches) + 2;
  const end = Math.max(length, ...notes.map((note) => note[0] + note[2]));
  const x = (time) => 30 + (time / end) * (width - 38);
  const rowHeight = (height - 18) / (high - low + 1);
  const y = (pitch) => (high - pitch) * rowHeight;
  context.font = "10px system-ui, sans-serif";
  for (let pitch = low; pitch <= high; pitch++) {
    if (pitch % 12) continue;
    context.fillStyle = ink("line");
    context.fillRect(30, y(pitch) + rowHeight, width - 30, 1);
    context.fillStyle = ink("soft");
    context.fillText(`C${pitch / 12 - 1}`, 6, y(pitch) + rowHeight);
  }
  context.fillStyle = ink("soft");
  for (let second = 0; second <= end; second++) context.fillText(`${second} s`, x(second), height - 5);
  for (const [start, pitch, duration, kind] of notes) {
    const box = [x(start), y(pitch), Math.max(3, x(start + duration) - x(start)), Math.max(3, rowHeight - 1)];
    if (kind === "missed") {
      context.strokeStyle = ink("bad"); context.lineWidth = 1.5;
      context.strokeRect(box[0] + 1, box[1] + 1, box[2] - 2, box[3] - 2);
    } else {
      context.fillStyle = kind === "found" ? ink("accent") : ink("extra");
      context.fillRect(...box);
    }
  }
}

// Start --------------------------------------------------------------------------------------

document.getElementById("all").addEventListener("change", (event) => {
  state.all = event.target.checked;
  drawItems();
});
document.getElementById("glossary").append(...data.metrics.flatMap((m) =>
  [make("dt", {}, m.label), make("dd", {}, m.about)]));
// The address may name what to open: #SYSTEM/ITEM, or only #SYSTEM.
const wanted = decodeURIComponent(location.hash.slice(1));
const system = ordered.filter((name) => wanted === name || wanted.startsWith(`${name}/`)).pop();
if (system) {
  state.system = system;
  if (wanted.length > system.length) state.open.add(wanted.slice(system.length + 1));
}
drawSummary();
drawDistances();
drawTabs();
drawItems();
