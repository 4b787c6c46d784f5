// Trends: reads columns from a URL, draws them with uPlot, tells them as a table too.
// {unit, now, from, y: [min, max] or null, x: [epoch s], series: [{key, label, role, values: []}]}
const ROWS_IN_TABLE = 400;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const zone = document.documentElement.dataset.zone || "UTC";
const spoken = document.documentElement.lang === "es" ? "es" : "en-GB";
const clockFormat = new Intl.DateTimeFormat(spoken, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const secondFormat = new Intl.DateTimeFormat(spoken, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
const dayFormat = new Intl.DateTimeFormat(spoken, { day: "numeric", month: "short", timeZone: zone });
const asClock = (second) => clockFormat.format(new Date(second * 1000));
const asNumber = (value) => (value == null ? "–" : value.toLocaleString(document.documentElement.lang || "en", { maximumFractionDigits: 2 }).replace("-", "−"));

const pens = {
  actual: () => ({ stroke: css("--data"), width: 1.8 }),
  second: () => ({ stroke: css("--use"), width: 1.6 }),
  forecast: () => ({ stroke: css("--mut"), width: 1.4, dash: [3, 3] }),
  limit: () => ({ stroke: css("--lim"), width: 1.2, dash: [6, 5] }),
  command: () => ({ stroke: css("--acc"), width: 1.8, dash: [7, 4] }),
};
const measured = new Set(["actual", "second"]);
const stepped = (series) => (["limit", "command"].includes(series.role) ? { paths: uPlot.paths.stepped({ align: 1 }) } : {});

class Trend {
  constructor(figure) {
    this.figure = figure;
    this.plotBox = figure.querySelector("[data-plot]");
    this.tableBox = figure.querySelector("[data-table]");
    this.key = figure.querySelector("[data-key]");
    // Pages in another language bring their own words.
    const { time = "Time", every = "One of every {n} points", failed = "Trend not available: {why}." } = figure.dataset;
    this.words = { time, every, failed };
    new ResizeObserver(() => this.fit()).observe(this.plotBox);
    this.load(figure.dataset.chart);
  }

  async load(url) {
    this.url = url;
    this.figure.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.columns = await answer.json();
      this.span = (this.columns.now ?? this.columns.x.at(-1)) - (this.columns.from ?? this.columns.x[0]);
      this.draw();
    } catch (failure) {
      this.tell(this.words.failed.replace("{why}", failure.message));
    }
    this.figure.removeAttribute("aria-busy");
  }

  tell(text) {
    this.plot?.destroy();
    this.plot = undefined;
    const note = document.createElement("p");
    note.className = "empty";
    note.textContent = text;
    this.plotBox.replaceChildren(note);
  }

  draw() {
    const { x, series } = this.columns;
    if (!x.length) return this.tell("No measurements in this period.");
    this.plot?.destroy();
    this.plotBox.replaceChildren();
    this.plot = new uPlot(this.options(), [x, ...series.map((one) => one.values)], this.plotBox);
    this.legend();
  }

  options() {
    const axis = { stroke: css("--mut"), font: "11.5px Inter", grid: { stroke: css("--ln"), width: 1 }, ticks: { show: false } };
    const { series, y } = this.columns;
    return {
      ...this.size(),
      padding: [8, 14, 0, 0],
      legend: { show: false },
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), zone),
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      scales: { x: this.columns.from ? { range: (_, low, high) => [Math.min(low, this.columns.now - this.span), Math.max(high, this.columns.now)] } : {}, y: y ? { range: y } : {} },
      axes: [
        { ...axis, size: 30, space: 56, values: (_, ticks) => ticks.map((tick) => (asClock(tick) === "00:00" ? dayFormat.format(new Date(tick * 1000)) : asClock(tick))) },
        { ...axis, size: 46, space: 40, values: (_, ticks) => ticks.map(asNumber) },
      ],
      series: [{}, ...series.map((one) => ({ label: one.label, points: { show: false }, ...pens[one.role ?? "actual"](), ...stepped(one) }))],
      hooks: { drawClear: [(plot) => this.future(plot)], setCursor: [(plot) => this.legend(plot.cursor.idx)] },
    };
  }

  // What lies right of now is expected, not measured: a lighter ground and a line say so.
  future(plot) {
    if (!this.columns.now) return;
    const { ctx, bbox } = plot;
    const edge = Math.max(bbox.left, plot.valToPos(this.columns.now, "x", true));
    if (edge >= bbox.left + bbox.width) return;
    ctx.save();
    ctx.fillStyle = css("--band");
    ctx.fillRect(edge, bbox.top, bbox.left + bbox.width - edge, bbox.height);
    ctx.strokeStyle = css("--ln2");
    ctx.setLineDash([6, 5]);
    ctx.beginPath();
    ctx.moveTo(edge, bbox.top);
    ctx.lineTo(edge, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  legend(at) {
    if (!this.key) return;
    const { x, series, unit } = this.columns;
    const marks = series.map((one) => {
      const mark = document.createElement("span");
      mark.className = `k-${one.role ?? "actual"}`;
      mark.textContent = one.label;
      if (at == null || one.values[at] == null) return mark;
      const value = document.createElement("b");
      value.textContent = ` ${asNumber(one.values[at])} ${unit}`;
      mark.append(value);
      return mark;
    });
    this.key.replaceChildren(...marks);
    if (at != null) this.key.append(Object.assign(document.createElement("time"), { textContent: asClock(x[at]) }));
  }

  table() {
    if (!this.tableBox) return;
    const { x, series, unit } = this.columns;
    const every = Math.max(1, Math.ceil(x.length / ROWS_IN_TABLE));
    const grid = document.createElement("table");
    grid.className = "grid";
    const caption = grid.createCaption();
    caption.textContent = every > 1 ? `${this.words.every.replace("{n}", every)}, ${unit}` : unit;
    const head = grid.createTHead().insertRow();
    for (const label of [this.words.time, ...series.map((one) => one.label)]) {
      head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: label, className: label === this.words.time ? "" : "r" }));
    }
    const body = grid.createTBody();
    for (let at = x.length - 1; at >= 0; at -= every) {
      const row = body.insertRow();
      row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: secondFormat.format(new Date(x[at] * 1000)) }));
      for (const one of series) Object.assign(row.insertCell(), { className: "r num", textContent: asNumber(one.values[at]) });
    }
    this.tableBox.replaceChildren(grid);
  }

  size() {
    return { width: this.plotBox.clientWidth || 300, height: this.plotBox.clientHeight || 220 };
  }

  fit() {
    if (this.plot && this.plotBox.clientWidth) this.plot.setSize(this.size());
  }

  // A live point goes in at its own time. What is measured stays empty where nothing came; a forecast or a
  // limit is carried along. The oldest points leave, so that the period keeps its length.
  append(time, points) {
    if (!this.plot) return;
    const { x, series } = this.columns;
    if (!series.some((one) => one.key in points)) return;
    const later = x.findIndex((second) => second >= time);
    const at = later < 0 ? x.length : later;
    const isNew = x[at] !== time;
    if (isNew) x.splice(at, 0, time);
    for (const one of series) {
      const carried = measured.has(one.role ?? "actual") ? null : one.values[at - 1] ?? null;
      if (isNew) one.values.splice(at, 0, carried);
      if (one.key in points) one.values[at] = points[one.key];
    }
    const old = x.findIndex((second) => second >= time - this.span);
    for (const column of [x, ...series.map((one) => one.values)]) column.splice(0, old);
    this.columns.now = time;
    this.plot.setData([x, ...series.map((one) => one.values)]);
  }
}

// One choice of period for all the trends around it; the address of the page keeps it.
function choose(link, event) {
  event.preventDefault();
  for (const sibling of link.parentElement.children) sibling.toggleAttribute("aria-current", sibling === link);
  link.setAttribute("aria-current", "true");
  history.replaceState(null, "", link.href);
  const around = link.closest("[data-charts]");
  const asked = (address) => {
    const url = new URL(address, location);
    url.searchParams.set("range", link.dataset.period);
    return url.pathname + url.search;
  };
  for (const [figure, trend] of trends) if (around.contains(figure)) trend.load(asked(trend.url));
  for (const file of around.querySelectorAll("[data-csv]")) file.href = asked(file.href);
}

const trends = new Map();
const start = () => {
  for (const figure of document.querySelectorAll("[data-chart]")) if (!trends.has(figure)) trends.set(figure, new Trend(figure));
};

document.addEventListener("theme", () => trends.forEach((trend) => trend.columns && trend.draw()));
document.addEventListener("live", ({ detail }) => detail.pt && trends.forEach((trend) => trend.append(detail.t, detail.pt)));
document.addEventListener("htmx:afterSettle", start);
document.addEventListener("click", (event) => {
  const trend = trends.get(event.target.closest("[data-chart]"));
  if (trend?.columns && event.target.closest("[data-show]")) trend.table();
  const period = event.target.closest("[data-period]");
  if (period) return choose(period, event);
  const button = event.target.closest("[data-range]");
  if (!trend || !button) return;
  for (const sibling of button.parentElement.children) sibling.setAttribute("aria-pressed", String(sibling === button));
  trend.load(button.dataset.range);
});
document.fonts.ready.then(() => trends.forEach((trend) => trend.columns && trend.draw()));
start();
