// The winner: its layers, its memory over time, its latency layer by layer.
const network = data.network;

function layerName(layer) {
  return layer.op + (layer.window ? " " + layer.window : "");
}

function drawLatency(canvas) {
  const layers = network.layers;
  const options = baseOptions(axis("ms, with 90 % intervals", {beginAtZero: true, suggestedMax: Math.max(...layers.map((l) => l.latency_high_ms))}),
    axis("layer", {ticks: {autoSkip: false, font: {size: 11}}, grid: {display: false}}));
  options.indexAxis = "y";
  options.plugins.tooltip.callbacks = {
    label: (item) => {
      const layer = layers[item.dataIndex];
      return [ms(layer.latency_ms) + " (" + ms(layer.latency_low_ms) + " to " + ms(layer.latency_high_ms) + ")",
        (100 * layer.share).toFixed(1) + " % of all", count(layer.macs) + " MACs"];
    },
  };
  const points = layers.map((l) => ({x: l.latency_ms, y: l.index + " " + layerName(l), low: l.latency_low_ms, high: l.latency_high_ms}));
  return new Chart(canvas, {type: "bar", options, data: {labels: points.map((p) => p.y), datasets: [
    {data: points, backgroundColor: colour("tensor-a"), errorBars: "x", errorColour: colour("ink"),
      barPercentage: .8, categoryPercentage: .95},
  ]}});
}

function layerTable() {
  const rows = network.layers.map((l) => [
    String(l.index), layerName(l), l.in.join("×"), l.out.join("×"), count(l.macs), count(l.constant_bytes),
    count(l.live_bytes) + (l.peak ? " ◂ peak" : ""), count(l.scratch_bytes), ms(l.latency_ms).replace(/ ms$/, ""),
    known(l.share) ? (100 * l.share).toFixed(1) : unknownText, known(l.cycles_per_mac) ? l.cycles_per_mac.toFixed(2) : unknownText,
    l.kernel,
  ]);
  return table("The winner's layers in the order in which they run",
    [{name: "layer"}, {name: "operator", text: true}, {name: "input"}, {name: "output"}, {name: "MACs"},
      {name: "constants, B"}, {name: "alive, B"}, {name: "scratch, B"}, {name: "latency, ms"}, {name: "%"}, {name: "cycles/MAC"}, {name: "kernel", text: true}],
    rows, network.layers.map((l) => l.peak ? "selected" : null));
}

// Tensors as rectangles: to the right the steps, upwards the bytes of the arena.
const memoryPlot = {left: 62, right: 8, top: 10, bottom: 34, height: 360};

function boxColour(box, i) {
  if (box.kind === "input") return "var(--good)";
  if (box.kind === "output") return "var(--front)";
  return box.kind === "scratch" ? "var(--none)" : "var(--tensor-" + "abc"[i % 3] + ")";
}

function boxText(box) {
  const steps = box.first_step === box.last_step ? "layer " + box.first_step : "layers " + box.first_step + " to " + box.last_step;
  return box.name + ": " + bytes(box.bytes) + " at " + count(box.offset_bytes) + ", " + steps;
}

function niceStep(largest, lines) {
  const rough = largest / lines, base = 2 ** Math.floor(Math.log2(Math.max(1, rough)));
  return rough > base ? 2 * base : base;
}

function memoryAxes(svg, width, steps, arena, x, y) {
  const each = niceStep(arena, 6);
  for (let b = 0; b <= arena; b += each) {
    svg.append(svgElement("line", {x1: memoryPlot.left, x2: width - memoryPlot.right, y1: y(b), y2: y(b)}));
    svg.append(svgElement("text", {x: memoryPlot.left - 6, y: y(b) + 4, "text-anchor": "end"}, count(b)));
  }
  const skip = Math.max(1, Math.ceil(steps / ((width - memoryPlot.left) / 28)));
  for (let s = 0; s < steps; s += skip)
    svg.append(svgElement("text", {x: (x(s) + x(s + 1)) / 2, y: memoryPlot.height - 18, "text-anchor": "middle"}, String(s)));
  svg.append(svgElement("text", {x: (width + memoryPlot.left) / 2, y: memoryPlot.height - 3, "text-anchor": "middle"}, "layer"));
}

// The shape of a tensor in its rectangle, where there is room.
function nameBox(svg, box, left, right, top, bottom) {
  const words = box.kind === "scratch" ? "scratch" : box.name.replace(/^.*, /, "").replaceAll("x", "×");
  if (right - left < 7 * words.length + 8 || bottom - top < 16) return;
  svg.append(svgElement("text", {class: "name", x: (left + right) / 2, y: (top + bottom) / 2 + 4, "text-anchor": "middle"}, words));
}

// Until the output of an in-place layer lies over it.
function lastSeen(box) {
  const covers = (other) => other.first_step > box.first_step && other.first_step <= box.last_step &&
    other.offset_bytes < box.offset_bytes + box.bytes && box.offset_bytes < other.offset_bytes + other.bytes;
  return network.arena.filter(covers).reduce((last, other) => Math.min(last, other.first_step - 1), box.last_step);
}

function drawMemory(svg, width, say) {
  const steps = network.layers.length, arena = network.arena_bytes;
  const inner = memoryPlot.height - memoryPlot.top - memoryPlot.bottom;
  const x = (step) => memoryPlot.left + (width - memoryPlot.left - memoryPlot.right) * step / steps;
  const y = (byte) => memoryPlot.top + inner * (1 - byte / arena);
  svg.replaceChildren();
  svg.setAttribute("viewBox", "0 0 " + width + " " + memoryPlot.height);
  memoryAxes(svg, width, steps, arena, x, y);
  network.arena.forEach((box, i) => {
    const top = y(box.offset_bytes + box.bytes);
    const rect = svgElement("rect", {class: "box", x: x(box.first_step), y: top, width: x(box.last_step + 1) - x(box.first_step),
      height: Math.max(1, y(box.offset_bytes) - top), "fill-opacity": .9});
    rect.style.fill = boxColour(box, i);
    rect.dataset.box = i;
    rect.addEventListener("pointerenter", () => say(i));
    rect.addEventListener("click", () => say(i));
    svg.append(rect);
  });
  network.arena.forEach((box) => nameBox(svg, box, x(box.first_step), x(lastSeen(box) + 1), y(box.offset_bytes + box.bytes), y(box.offset_bytes)));
}

function memoryView() {
  const svg = svgElement("svg", {role: "application", tabindex: "0", id: "memory-chart", height: memoryPlot.height,
    "aria-label": "Memory over time: " + network.arena.length + " tensors and scratch buffers in an arena of " + count(network.arena_bytes) +
      " bytes over " + network.layers.length + " layers. Left and right arrow keys read them one by one."});
  const words = element("p", {class: "note", "aria-live": "polite", id: "memory-text"}, "Point at a rectangle, or use the arrow keys.");
  const order = network.arena.map((box, i) => i).sort((a, b) => network.arena[a].first_step - network.arena[b].first_step);
  let at = -1;
  const say = (i) => {
    at = order.indexOf(i);
    words.textContent = boxText(network.arena[i]);
    svg.querySelectorAll("rect.box").forEach((r) => r.classList.toggle("on", Number(r.dataset.box) === i));
  };
  svg.addEventListener("keydown", (event) => {
    const move = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (move === undefined) return;
    event.preventDefault();
    say(order[Math.max(0, Math.min(order.length - 1, at + move))]);
  });
  const box = element("div", {class: "memory"}, svg, words);
  let width = 0;
  const fit = () => {
    if (box.clientWidth === 0 || box.clientWidth === width) return;
    width = box.clientWidth;
    drawMemory(svg, width, say);
  };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(box);
  addFit(fit);
  return box;
}

function lossTable() {
  const rows = data.layer_loss.map((l) => [String(l.layer), l.name, known(l.sqnr_db) ? l.sqnr_db.toFixed(1) : unknownText,
    percent(l.accuracy), l.before_tuning ? "before" : "after"]);
  return table("What int8 costs each operator: the network with that one alone in int8, before or after training with rounding",
    [{name: "operator"}, {name: "what", text: true}, {name: "signal to noise, dB"}, {name: "accuracy"}, {name: "training", text: true}], rows);
}

function addNetworkSection() {
  if (!network) {
    section("network", "Winner", missing("The winner's layers cannot be shown. " + data.network_missing));
    return;
  }
  const parent = section("network", "Winner",
    element("p", null, count(network.macs) + " multiply-accumulates in " + network.layers.length + " layers; " +
      "flash: weights " + bytes(network.weights_bytes) + ", per channel " + bytes(network.channels_bytes) + ", layer table " +
      bytes(network.table_bytes) + ", code " + bytes(network.code_bytes) + "."), layerTable());
  parent.append(element("h3", null, "Memory over time"));
  if (network.arena.length > 0)
    parent.append(element("p", null, "Where each tensor lies in the arena of " + bytes(network.arena_bytes) + ", and how long it is kept."),
      memoryView(), legend(["good", "input", "square"], ["tensor-a", "tensors", "square"], ["front", "output", "square"], ["none", "scratch", "square"]));
  else
    parent.append(missing("The memory of this runtime is not modelled."));
  parent.append(element("h3", null, "Latency per layer"));
  if (known(network.layers[0].latency_ms)) {
    const {canvas, box} = plotBox("Latency of each layer with its 90 % interval; the layer table has the figures");
    box.style.height = 70 + 22 * network.layers.length + "px";
    parent.append(element("p", null, "Source: " + data.target.latency_source + ". A model fitted to whole networks knows sums better than layers: " +
      "read these as shares."), box);
    addChart(() => drawLatency(canvas));
  } else {
    parent.append(missing("The part's profile has no latency model of this runtime."));
  }
  if (data.layer_loss.length > 0)
    parent.append(element("details", null, element("summary", null, "What int8 costs each operator"), lossTable()));
}
