// How the search went: its progress, the training curves, the finalists.
function bestSoFar() {
  const points = [];
  let best = -1, scored = 0;
  for (let i = 0; i < candidates.count; i++) {
    scored++;
    if (candidates.predicted[i] || !candidates.fits[i] || !known(candidates.accuracy[i]) || candidates.accuracy[i] <= best) continue;
    best = candidates.accuracy[i];
    points.push({x: scored, y: best, index: i});
  }
  if (points.length > 0) points.push({x: scored, y: best, index: points[points.length - 1].index});
  return points;
}

function drawProgress(canvas) {
  const every = [];
  for (let i = 0; i < candidates.count; i++)
    if (known(candidates.accuracy[i]) && !candidates.predicted[i]) every.push({x: i + 1, y: candidates.accuracy[i], index: i});
  const options = baseOptions(axis("candidates scored", {type: "linear", ticks: countTicks, min: 0}),
    axis("accuracy on the validation images", {ticks: percentTicks}));
  options.plugins.tooltip.callbacks = {
    label: (item) => "candidate " + candidates.id[item.raw.index] + ": " + percent(item.raw.y),
  };
  return new Chart(canvas, {type: "scatter", options, data: {datasets: [
    {label: "best so far", data: bestSoFar(), showLine: true, stepped: "before", borderColor: colour("front"),
      backgroundColor: colour("front"), borderWidth: 2, pointRadius: 2.5, parsing: false},
    {label: "each", data: every, pointRadius: 1.6, backgroundColor: colour("faint"), borderColor: colour("faint"), parsing: false},
  ]}});
}

function drawCurve(canvas, curve, field, title, ticks) {
  const options = baseOptions(axis(curve.stage === "predictor" ? "measured candidates" : "training step",
    {type: "linear", ticks: countTicks}), axis(title, {ticks: ticks || {}}));
  options.interaction = {mode: "index", intersect: false};
  const points = curve.step.map((x, i) => ({x, y: curve[field][i]})).filter((p) => known(p.y));
  return new Chart(canvas, {type: "line", options, data: {datasets: [
    {data: points, borderColor: colour("accent"), backgroundColor: colour("accent"), borderWidth: 2,
      pointRadius: points.length > 40 ? 0 : 2, parsing: false},
  ]}});
}

function addCurve(parent, curve) {
  const isPredictor = curve.stage === "predictor";
  const last = curve.step.length - 1;
  const words = isPredictor ? ["Predictor: error", "Predictor: rank correlation"] : ["Loss of the supernet", "Right answers while it trains"];
  const left = plotBox(words[0] + ", " + curve.loss[last] + " at the end", true);
  const right = plotBox(words[1] + ", " + curve.right[last] + " at the end", true);
  parent.append(element("div", {class: "pair"},
    element("div", null, element("h3", null, words[0]), left.box),
    element("div", null, element("h3", null, words[1]), right.box)));
  addChart(() => drawCurve(left.canvas, curve, "loss", isPredictor ? "mean error of accuracy" : "cross entropy", isPredictor ? percentTicks : null));
  addChart(() => drawCurve(right.canvas, curve, "right", isPredictor ? "Spearman" : "share of the batch", isPredictor ? null : percentTicks));
}

function addProgressSection() {
  const parent = section("progress", "Search and training");
  if (candidates.count > 1) {
    const points = bestSoFar();
    const end = points.length > 0 ? points[points.length - 1] : null;
    const {canvas, box} = plotBox("Best accuracy so far over " + candidates.count + " candidates" +
      (end ? ", " + percent(end.y) + " at the end" : ""), true);
    parent.append(element("h3", null, "Best accuracy so far"), box,
      legend(["front", "best within the limits"], ["faint", "each measured candidate"]));
    addChart(() => drawProgress(canvas));
  }
  const stages = data.curves.map((c) => c.stage);
  for (const curve of data.curves)
    if (["supernet", "predictor"].includes(curve.stage) && curve.step.length > 1) addCurve(parent, curve);
  if (!stages.includes("supernet")) parent.append(missing("The study keeps no training curve of the supernet."));
}

// The fine-tunings, a line each; what int8 training adds goes on dashed where the other ends.
const lineColours = ["accent", "front", "bad", "tensor-b", "none"];

function finalistLines() {
  const winner = data.finalists.find((f) => f.chosen), lines = [];
  for (const curve of data.curves) {
    const parts = /^(?:finalist-([0-9]+)|winner)(-int8)?$/.exec(curve.stage);
    if (!parts) continue;
    const id = Number(parts[1] || 0), before = lines.find((line) => line.id === id && !line.int8);
    const isWinner = winner !== undefined && winner.id === id;
    const name = id === 0 ? "the winner again, with the validation images" : "finalist " + id + (isWinner ? ", the winner" : "");
    lines.push({id, name, int8: parts[2] !== undefined, curve, isWinner, offset: parts[2] && before ? before.curve.step[before.curve.step.length - 1] : 0,
      colourName: id === 0 ? "ink" : isWinner ? "good" : lineColours[(id - 1) % lineColours.length]});
  }
  return lines;
}

function drawFinalistCurves(canvas, lines, field, title, ticks) {
  const options = baseOptions(axis("training step", {type: "linear", ticks: countTicks, min: 0}), axis(title, {ticks: ticks || {}}));
  options.interaction = {mode: "nearest", intersect: false};
  options.plugins.tooltip.callbacks = {
    title: (items) => items.length > 0 ? items[0].dataset.label : "",
    label: (item) => "step " + count(item.raw.x) + ": " + (ticks ? percent(item.raw.y) : item.raw.y.toPrecision(4)),
  };
  return new Chart(canvas, {type: "line", options, data: {datasets: lines.map((line) => ({
    label: line.name + (line.int8 ? ", training with int8" : ""),
    data: line.curve.step.map((step, i) => ({x: line.offset + step, y: line.curve[field][i]})).filter((p) => known(p.y)),
    borderColor: colour(line.colourName), backgroundColor: colour(line.colourName), borderWidth: line.isWinner ? 2.5 : 1.5,
    borderDash: line.int8 ? [5, 3] : [], pointRadius: 0, order: line.isWinner ? 0 : 1, parsing: false,
  }))}});
}

function addFinalistCurves(parent) {
  const lines = finalistLines().filter((line) => line.curve.step.length > 1);
  if (lines.length === 0) {
    parent.append(missing("The study keeps no training curves of its finalists."));
    return;
  }
  const left = plotBox("Loss of each finalist while it is fine-tuned", true), right = plotBox("Right answers of each finalist while it is fine-tuned", true);
  const first = lines.filter((line) => !line.int8);
  parent.append(
    element("div", {class: "pair"},
      element("div", null, element("h3", null, "Loss of the fine-tuning"), left.box),
      element("div", null, element("h3", null, "Right answers while it runs"), right.box)),
    legend(...first.map((line) => [line.colourName, line.name, "square"])),
    element("p", {class: "note"}, "On the training images, smoothed" + (lines.length > first.length ? "; dashed: training with int8 in mind, where int8 had lost too much." : ".")));
  addChart(() => drawFinalistCurves(left.canvas, lines, "loss", "cross entropy"));
  addChart(() => drawFinalistCurves(right.canvas, lines, "right", "share of the batch", percentTicks));
}

function drawFinalists(canvas) {
  const points = data.finalists.map((f) => ({
    x: String(f.id), y: f.test_int8, low: known(f.test_int8) ? f.test_int8 - f.test_int8_half : null,
    high: known(f.test_int8) ? f.test_int8 + f.test_int8_half : null, finalist: f,
  }));
  const lows = points.map((p) => p.low).filter(known), highs = points.map((p) => p.high).filter(known);
  const options = baseOptions(
    axis("finalist", {type: "category", offset: true}),
    axis("int8 accuracy on the test images", {ticks: percentTicks, suggestedMin: Math.min(...lows), suggestedMax: Math.min(1, Math.max(...highs))}));
  options.plugins.tooltip.callbacks = {
    label: (item) => "finalist " + item.raw.finalist.id + ": " + percentWithin(item.raw.y, item.raw.finalist.test_int8_half),
  };
  const colours = data.finalists.map((f) => colour(f.chosen ? "good" : "accent"));
  return new Chart(canvas, {type: "scatter", options, data: {labels: points.map((p) => p.x), datasets: [
    {data: points, errorBars: "y", errorColour: colour("quiet"), backgroundColor: colours, borderColor: colours,
      pointRadius: 6, pointStyle: data.finalists.map((f) => f.chosen ? "rectRot" : "circle")},
  ]}});
}

function finalistTables() {
  const classes = data.finalists.map((f) => f.chosen ? "chosen" : null);
  const name = (f) => f.id + (f.chosen ? ", the winner" : "");
  return [
    table("Accuracies of the finalists: by the supernet's weights, then trained on and quantised; on the test images with 95 % intervals",
      [{name: "finalist"}, {name: "supernet"}, {name: "validation float"}, {name: "validation int8"}, {name: "test float"}, {name: "test int8"}],
      data.finalists.map((f) => [name(f), percent(f.accuracy_supernet), percent(f.validation_float), percent(f.validation_int8),
        percentWithin(f.test_float, f.test_float_half), percentWithin(f.test_int8, f.test_int8_half)]), classes),
    table("What they cost",
      [{name: "finalist"}, {name: "candidate"}, {name: "latency"}, {name: "SRAM"}, {name: "flash"}, {name: "MACs"}, {name: "network", kind: "arch"}],
      data.finalists.map((f) => [name(f), f.candidate >= 0 ? String(f.candidate) : unknownText, ms(f.latency_ms), bytes(f.sram_bytes),
        bytes(f.flash_bytes), count(f.macs), f.arch]), classes),
  ];
}

function addFinalistsSection() {
  if (data.finalists.length === 0) {
    section("finalists", "Finalists", missing("There are no finalists yet: no network has been trained on and made int8."));
    return;
  }
  const parent = section("finalists", "Finalists");
  if (data.finalists.some((f) => known(f.test_int8))) {
    const {canvas, box} = plotBox("int8 accuracy of each finalist on the test images with its 95 % interval; the table has the figures", true);
    parent.append(element("p", null, "Accuracy on the test images with 95 % intervals. The winner was chosen before the test images were met: " +
      "of those that the validation images cannot tell from the best, the fastest."), box,
      legend(["good", "winner", "diamond"], ["accent", "other finalists"]));
    addChart(() => drawFinalists(canvas));
  } else {
    parent.append(missing("The finalists have not met the test images yet."));
  }
  addFinalistCurves(parent);
  parent.append(...finalistTables());
}
