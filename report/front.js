// The front: every network by accuracy and one cost; one of them is selected.
const front = {cost: "latency", predicted: true, chart: null};

function frontGroup(i) {
  if (!networks.fits[i]) return "over";
  if (networks.on_front[i]) return "front";
  return networks.predicted[i] ? "predicted" : "measured";
}

// The right end of the picture. What is refused may cost many times the limit: it would press the rest into a corner.
function costInSight() {
  const cost = costs[front.cost];
  const largest = (among) => networks[cost.column].reduce((most, value, i) => known(value) && among(i) && value > most ? value : most, 0);
  const fitting = largest((i) => networks.fits[i]);
  const end = limitInSight() === null ? 2 * fitting : Math.max(1.05 * fitting, 1.5 * cost.limit);
  return Math.max(limitInSight() === null ? 0 : 1.02 * cost.limit, Math.min(end, 1.05 * largest(() => true)));
}

function visiblePoints(groups) {
  const column = networks[costs[front.cost].column], points = [], end = costInSight();
  for (let i = 0; i < networks.count; i++) {
    if (!known(column[i]) || !isJudged(i) || column[i] > end) continue;
    if (groups.includes(frontGroup(i)) && (front.predicted || !networks.predicted[i]))
      points.push({x: column[i], y: networks.accuracy[i], index: i});
  }
  return points.sort((a, b) => a.x - b.x || a.y - b.y);
}

// What was refused was never judged: it has a cost and no accuracy, and stands below all that have one.
function belowAll() {
  const ends = [Infinity, -Infinity];
  for (const value of networks.accuracy)
    if (known(value)) {
      ends[0] = Math.min(ends[0], value);
      ends[1] = Math.max(ends[1], value);
    }
  return ends[0] - Math.max(.04, .07 * (ends[1] - ends[0]));
}

function refusedPoints() {
  const column = networks[costs[front.cost].column], points = [], end = costInSight(), y = belowAll();
  for (let i = candidates.count; i < networks.count; i++)
    if (!isJudged(i) && known(column[i]) && column[i] <= end) points.push({x: column[i], y, index: i});
  return points.sort((a, b) => a.x - b.x);
}

function frontPointOf(index) {
  const x = index >= 0 ? networks[costs[front.cost].column][index] : null;
  return known(x) && x <= costInSight() ? [{x, y: isJudged(index) ? networks.accuracy[index] : belowAll(), index}] : [];
}

// The best accuracy that this cost buys, over what was measured within the limits. The front itself
// weighs all costs at once: seen along one of them, its points need not rise.
function envelope() {
  const steps = [];
  for (const point of visiblePoints(["front", "measured"]))
    if (!networks.predicted[point.index] && (steps.length === 0 || point.y > steps[steps.length - 1].y)) steps.push(point);
  return steps;
}

function frontDatasets() {
  return [
    ...marks(frontPointOf),
    dots("front", visiblePoints(["front"]), "front", {pointRadius: 5}),
    {label: "best for this cost", data: envelope(), showLine: true, stepped: "before", borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0,
      pointHoverRadius: 0, borderColor: colour("front"), parsing: false},
    dots("measured", visiblePoints(["measured"]), "accent"),
    dots("predicted", visiblePoints(["predicted"]), "faint", {pointRadius: 2}),
    dots("over a limit", visiblePoints(["over"]), "none"),
    dots("refused", refusedPoints(), "none", {pointStyle: "line", rotation: 90, pointRadius: 5, pointBorderWidth: 1, pointHitRadius: 3}),
  ];
}

// A limit far beyond every candidate would press them into a corner: then it is said, not drawn.
function limitInSight() {
  const cost = costs[front.cost];
  const largest = candidates[cost.column].reduce((most, value) => known(value) && value > most ? value : most, 0);
  return known(cost.limit) && cost.limit <= 2 * largest ? cost.limit : null;
}

function drawFront(canvas, selectable) {
  const cost = costs[front.cost], limit = limitInSight();
  const ticks = Object.assign({includeBounds: false}, front.cost === "latency" ? {} : countTicks);
  const below = belowAll();
  const options = baseOptions(
    axis(cost.title, {type: "linear", ticks, max: costInSight()}),
    axis("accuracy on the validation images", {grace: "4%",
      ticks: {callback: (value) => value <= below || value > 1 ? "" : percentTicks.callback(value)}}));
  options.plugins.limits = {x: limit, text: "limit " + cost.text(limit)};
  selectable(options);
  front.chart = new Chart(canvas, {type: "scatter", data: {datasets: frontDatasets()}, options});
  return front.chart;
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
    if (number.value !== "" && index >= 0) selectNetwork(index);
  });
  selection.tell.push((index) => { number.value = index < candidates.count ? networks.id[index] : ""; });
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
    button.addEventListener("click", () => selectNetwork(i));
    rows.push([button, percent(candidates.accuracy[i]), percent(candidates.accuracy_int8[i]), ms(candidates.latency_ms[i]),
      ms(candidates.latency_upper_ms[i]), bytes(candidates.sram_bytes[i]), bytes(candidates.flash_bytes[i]), count(candidates.macs[i]),
      candidates.arch[i]]);
  }
  const node = table("The front, " + indices.length + " of " + count(candidates.count) + " candidates, the most accurate first",
    [{name: "candidate"}, {name: "accuracy"}, {name: "int8"}, {name: "latency"}, {name: "90 % upper"}, {name: "SRAM"}, {name: "flash"},
      {name: "MACs"}, {name: "network", kind: "arch"}], rows);
  const lines = node.querySelectorAll("tbody tr");
  selection.tell.push((index) => lines.forEach((line, r) => line.classList.toggle("selected", indices[r] === index)));
  return node;
}

function frontLegend() {
  const names = {front: ["front", "front, all costs weighed"], measured: ["accent", "scored with inherited weights"],
    predicted: ["faint", "predicted"], over: ["none", "over a limit"], refused: ["none", "over a limit, not judged", "mark"]};
  const there = new Set(networks.fits.map((fits, i) => isJudged(i) ? frontGroup(i) : "refused"));
  const groups = Object.keys(names).filter((group) => there.has(group)).map((group) => names[group]);
  return winnerIndex >= 0 ? [["good", "winner", "diamond"], ...groups] : groups;
}

function limitSentence() {
  const cost = costs[front.cost], end = costInSight();
  const limit = !known(cost.limit) ? "There is no limit of " + cost.inText + "."
    : known(limitInSight()) ? "The dashed line is the limit: " + cost.text(cost.limit) + "."
      : "The limit, " + cost.text(cost.limit) + ", lies far to the right of this picture.";
  const beyond = networks[cost.column].filter((value) => known(value) && value > end).length;
  return limit + (beyond > 0 ? " " + count(beyond) + " that are over a limit lie further to the right." : "");
}

function addFrontSection() {
  if (candidates.count === 0) {
    section("front", "Front", missing("No candidate has been scored yet."));
    return;
  }
  if (!candidates.latency_ms.some(known)) front.cost = "sram";
  const {canvas, box} = plotBox("All candidates, accuracy over cost. Arrow keys move the selection: left and right by cost, " +
    "up and down along the front; the table below has the same figures.");
  canvas.id = "front-chart";
  const selectable = makeSelectable(canvas, () => front.chart, (key) => key === "ArrowUp" || key === "ArrowDown" ? visiblePoints(["front"])
    : [...visiblePoints(["front", "measured", "predicted", "over"]), ...refusedPoints()].sort((a, b) => a.x - b.x || a.y - b.y));
  const details = element("div", {class: "details", "aria-live": "polite", id: "details"});
  const note = element("p", {class: "note"}, limitSentence());
  selection.tell.push((index) => {
    front.chart.data.datasets[0].data = frontPointOf(index);
    front.chart.update("none");
    details.replaceChildren(...networkDetails(index));
  });
  const draw = () => drawFront(canvas, selectable);
  const redraw = () => {
    const at = drawn.indexOf(front.chart);
    front.chart.destroy();
    drawn[at] = draw();
    note.textContent = limitSentence();
  };
  section("front", "Front",
    element("p", null, "Every network that the search looked at; the line is the best accuracy for that cost. Click a point, or focus the chart and use " +
      "the arrow keys, to see one in full."),
    known(candidates.latency_ms.find(known)) ? null : missing("The part's profile has no latency model of this runtime: there are no latencies."),
    element("div", {class: "front"},
      element("div", {class: "chart"}, frontControls(redraw), box, legend(...frontLegend()), note),
      details,
      limitsView()),
    frontTable());
  addChart(draw);
  front.first = winnerIndex >= 0 ? winnerIndex : candidates.on_front.indexOf(1);
}
