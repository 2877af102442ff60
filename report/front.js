// The front: every candidate by accuracy and one cost; one of them is selected.
const costs = {
  latency: {
    name: "Latency",
    column: data.target.latency_at === "mean" ? "latency_ms" : "latency_upper_ms",
    title: "latency in ms" + (data.target.latency_at === "mean" ? "" : ", upper end of the 90 % interval"),
    limit: data.target.latency_limit_ms, text: ms,
  },
  sram: {
    name: "SRAM", column: "sram_bytes", title: "SRAM in bytes", text: bytes,
    limit: known(data.target.sram_limit_bytes) ? data.target.sram_limit_bytes - data.target.reserve_sram_bytes : null,
  },
  flash: {
    name: "Flash", column: "flash_bytes", title: "flash in bytes", text: bytes,
    limit: known(data.target.flash_limit_bytes) ? data.target.flash_limit_bytes - data.target.reserve_flash_bytes : null,
  },
};

const candidates = data.candidates;
const winnerId = (data.finalists.find((f) => f.chosen) || {}).candidate;
const front = {cost: "latency", predicted: true, selected: -1, chart: null, onSelect: []};

// What a search says of a network: int8 where it was counted.
function frontGroup(i) {
  if (!candidates.fits[i]) return "over";
  if (candidates.on_front[i]) return "front";
  return candidates.predicted[i] ? "predicted" : "measured";
}

function visiblePoints(groups) {
  const column = candidates[costs[front.cost].column], points = [];
  for (let i = 0; i < candidates.count; i++) {
    if (!known(column[i]) || !known(candidates.accuracy[i])) continue;
    const group = frontGroup(i);
    if (groups.includes(group) && (front.predicted || !candidates.predicted[i]))
      points.push({x: column[i], y: candidates.accuracy[i], index: i});
  }
  return points.sort((a, b) => a.x - b.x || a.y - b.y);
}

function pointOf(index) {
  const x = index >= 0 ? candidates[costs[front.cost].column][index] : null;
  return known(x) ? [{x, y: candidates.accuracy[index], index}] : [];
}

// The best accuracy that this cost buys, over what was measured within the limits. The front itself
// weighs all costs at once: seen along one of them, its points need not rise.
function envelope() {
  const steps = [];
  for (const point of visiblePoints(["front", "measured"]))
    if (!candidates.predicted[point.index] && (steps.length === 0 || point.y > steps[steps.length - 1].y)) steps.push(point);
  return steps;
}

function frontDatasets() {
  const dots = (label, groups, colourName, more) => Object.assign({
    label, data: visiblePoints(groups), backgroundColor: colour(colourName), borderColor: colour(colourName),
    pointRadius: 3, pointHitRadius: 6, pointHoverRadius: 6, parsing: false,
  }, more);
  const winner = candidates.id.indexOf(winnerId);
  return [
    {label: "selected", data: pointOf(front.selected), pointRadius: 10, pointBorderWidth: 3, pointHitRadius: 0,
      backgroundColor: "transparent", borderColor: colour("ink"), pointHoverRadius: 10, parsing: false},
    {label: "winner", data: pointOf(winner), pointStyle: "rectRot", pointRadius: 9, pointHoverRadius: 11, pointHitRadius: 6,
      backgroundColor: colour("good"), borderColor: colour("ground"), pointBorderWidth: 1.5, parsing: false},
    dots("front", ["front"], "front", {pointRadius: 5}),
    {label: "best for this cost", data: envelope(), showLine: true, stepped: "before", borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0,
      pointHoverRadius: 0, borderColor: colour("front"), parsing: false},
    dots("measured", ["measured"], "accent"),
    dots("predicted", ["predicted"], "faint", {pointRadius: 2}),
    dots("over a limit", ["over"], "none"),
  ];
}

function frontTooltip(item) {
  const i = item.raw.index, lines = [
    "accuracy " + percent(candidates.accuracy[i]) + (candidates.predicted[i] ? ", predicted" : ", inherited weights"),
  ];
  if (known(candidates.accuracy_int8[i])) lines.push("int8 " + percent(candidates.accuracy_int8[i]));
  lines.push("latency " + ms(candidates.latency_ms[i]), "SRAM " + bytes(candidates.sram_bytes[i]),
    "flash " + bytes(candidates.flash_bytes[i]));
  const arch = candidates.arch[i];
  for (let at = 0; at < arch.length && at < 144; at += 48)
    lines.push(arch.slice(at, at + 48) + (at + 48 >= 144 && arch.length > 144 ? " …" : ""));
  return lines;
}

// A limit far beyond every candidate would press them into a corner: then it is said, not drawn.
function limitInSight() {
  const cost = costs[front.cost];
  const largest = candidates[cost.column].reduce((most, value) => known(value) && value > most ? value : most, 0);
  return known(cost.limit) && cost.limit <= 2 * largest ? cost.limit : null;
}

function drawFront(canvas) {
  const cost = costs[front.cost], limit = limitInSight();
  const ticks = front.cost === "latency" ? {} : countTicks;
  const options = baseOptions(
    axis(cost.title, {type: "linear", ticks, suggestedMax: known(limit) ? limit * 1.02 : undefined}),
    axis("accuracy on the validation images", {ticks: percentTicks, grace: "4%"}));
  options.interaction = {mode: "nearest", intersect: true};
  options.plugins.limits = {x: limit, text: "limit " + cost.text(limit)};
  options.plugins.tooltip = {
    displayColors: false,
    filter: (item, index) => index === 0,
    callbacks: {title: (items) => items.length > 0 ? "candidate " + candidates.id[items[0].raw.index] : "", label: frontTooltip},
  };
  options.onClick = (event, elements) => {
    if (elements.length > 0) selectCandidate(front.chart.data.datasets[elements[0].datasetIndex].data[elements[0].index].index);
  };
  options.onHover = (event, elements) => { canvas.style.cursor = elements.length > 0 ? "pointer" : "default"; };
  front.chart = new Chart(canvas, {type: "scatter", data: {datasets: frontDatasets()}, options});
  return front.chart;
}

function selectCandidate(index) {
  front.selected = index;
  front.chart.data.datasets[0].data = pointOf(index);
  front.chart.update("none");
  for (const tell of front.onSelect) tell(index);
}

// Left and right: the next point by cost; up and down: along the front alone.
function moveSelection(key) {
  const along = key === "ArrowUp" || key === "ArrowDown" ? ["front"] : ["front", "measured", "predicted", "over"];
  const points = visiblePoints(along);
  if (points.length === 0) return;
  const at = points.findIndex((p) => p.index === front.selected);
  const forward = key === "ArrowRight" || key === "ArrowUp";
  let next = at < 0 ? (forward ? 0 : points.length - 1) : at + (forward ? 1 : -1);
  if (key === "Home") next = 0;
  if (key === "End") next = points.length - 1;
  selectCandidate(points[Math.max(0, Math.min(points.length - 1, next))].index);
}

function detailsOf(index) {
  const row = (name, value) => [element("dt", null, name), element("dd", null, value)];
  const c = candidates, arch = c.arch[index];
  const state = !c.fits[index] ? "over a limit" : c.on_front[index] ? "on the front" : "behind the front";
  return [
    element("h3", null, "Candidate " + c.id[index] + (c.id[index] === winnerId ? ", the winner" : "")),
    element("dl", null, ...[
      row("state", state),
      row("accuracy", percent(c.accuracy[index])),
      row("from", c.predicted[index] ? "the predictor" : "inherited weights"),
      row("int8 accuracy", percent(c.accuracy_int8[index])),
      row("latency", ms(c.latency_ms[index])),
      row("90 % upper end", ms(c.latency_upper_ms[index])),
      row("SRAM", bytes(c.sram_bytes[index])),
      row("flash", bytes(c.flash_bytes[index])),
      row("MACs", count(c.macs[index])),
      row("generation", count(c.generation[index])),
    ].flat()),
    element("p", {class: "arch"}, arch),
    copyButton(arch, "the architecture"),
  ];
}

function frontControls(redraw) {
  const switches = Object.entries(costs).map(([key, cost]) => {
    const input = element("input", {type: "radio", name: "cost", value: key});
    input.checked = key === front.cost;
    input.disabled = !candidates[cost.column].some(known);
    input.addEventListener("change", () => { front.cost = key; redraw(); });
    return element("label", null, input, cost.name);
  });
  const predicted = element("input", {type: "checkbox"});
  predicted.checked = front.predicted;
  predicted.addEventListener("change", () => { front.predicted = predicted.checked; redraw(); });
  const number = element("input", {type: "number", min: "0", inputmode: "numeric"});
  number.addEventListener("change", () => {
    const index = candidates.id.indexOf(Number(number.value));
    if (number.value !== "" && index >= 0) selectCandidate(index);
  });
  front.onSelect.push((index) => { number.value = candidates.id[index]; });
  return element("fieldset", null, element("legend", null, "Accuracy against"), ...switches,
    candidates.predicted.includes(1) ? element("label", null, predicted, "predicted ones") : null,
    element("label", null, "Candidate", number));
}

function frontTable() {
  const rows = [], indices = [];
  for (let i = 0; i < candidates.count; i++)
    if (candidates.on_front[i]) indices.push(i);
  indices.sort((a, b) => candidates.accuracy[b] - candidates.accuracy[a]);
  for (const i of indices) {
    const button = element("button", {type: "button", "aria-label": "Select candidate " + candidates.id[i]}, String(candidates.id[i]));
    button.addEventListener("click", () => selectCandidate(i));
    rows.push([button, percent(candidates.accuracy[i]), percent(candidates.accuracy_int8[i]), ms(candidates.latency_ms[i]),
      ms(candidates.latency_upper_ms[i]), bytes(candidates.sram_bytes[i]), bytes(candidates.flash_bytes[i]), count(candidates.macs[i]),
      candidates.arch[i]]);
  }
  const node = table("The front, " + indices.length + " of " + candidates.count + " candidates, the most accurate first",
    [{name: "candidate"}, {name: "accuracy"}, {name: "int8"}, {name: "latency"}, {name: "90 % upper"}, {name: "SRAM"}, {name: "flash"},
      {name: "MACs"}, {name: "network", kind: "arch"}], rows);
  const lines = node.querySelectorAll("tbody tr");
  front.onSelect.push((index) => lines.forEach((line, r) => line.classList.toggle("selected", indices[r] === index)));
  return node;
}

function frontLegend() {
  const names = {front: ["front", "front, all costs weighed"], measured: ["accent", "scored with inherited weights"],
    predicted: ["faint", "predicted"], over: ["none", "over a limit"]};
  const there = new Set(candidates.id.map((id, i) => frontGroup(i)));
  const groups = Object.keys(names).filter((group) => there.has(group)).map((group) => names[group]);
  return candidates.id.includes(winnerId) ? [["good", "winner", "diamond"], ...groups] : groups;
}

function limitSentence() {
  const cost = costs[front.cost];
  if (!known(cost.limit)) return "There is no limit of " + cost.name.toLowerCase().replace("sram", "SRAM") + ".";
  return known(limitInSight()) ? "The dashed line is the limit: " + cost.text(cost.limit) + "."
    : "The limit, " + cost.text(cost.limit) + ", lies far to the right of this picture.";
}

function addFrontSection() {
  if (candidates.count === 0) {
    section("front", "Front", missing("No candidate has been scored yet."));
    return;
  }
  if (!candidates.latency_ms.some(known)) front.cost = "sram";
  const {canvas, box} = plotBox("All candidates, accuracy over cost. Arrow keys move the selection: left and right by cost, " +
    "up and down along the front; the table below has the same figures.");
  canvas.tabIndex = 0;
  canvas.id = "front-chart";
  canvas.setAttribute("role", "application");
  canvas.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    moveSelection(event.key);
  });
  const details = element("div", {class: "details", "aria-live": "polite", id: "details"});
  const note = element("p", {class: "note"}, limitSentence());
  front.onSelect.push((index) => details.replaceChildren(...detailsOf(index)));
  const redraw = () => {
    const at = drawn.indexOf(front.chart);
    front.chart.destroy();
    drawn[at] = drawFront(canvas);
    note.textContent = limitSentence();
  };
  section("front", "Front",
    element("p", null, "Every network that the search looked at; the line is the best accuracy for that cost. Click a point, or focus the chart and use " +
      "the arrow keys, to see one in full."),
    known(candidates.latency_ms.find(known)) ? null : missing("The part's profile has no latency model of this runtime: there are no latencies."),
    frontControls(redraw),
    element("div", {class: "front"},
      element("div", null, box,
        legend(...frontLegend()),
        note),
      details),
    frontTable());
  addChart(() => drawFront(canvas));
  const first = candidates.id.indexOf(winnerId);
  front.first = first >= 0 ? first : candidates.on_front.indexOf(1);
}
