// Every network that the page can show, one array a column: the candidates of this search, then the sample of what it
// refused, then candidates of the study's other targets that are over a limit of this one.
const candidates = data.candidates;
const others = data.others || {count: 0};
// Of what was refused, that which no other target has judged.
const unjudged = (() => {
  const judged = new Set(others.arch || []), keep = data.refused.arch.map((arch) => !judged.has(arch)), rest = {};
  for (const [name, column] of Object.entries(data.refused))
    rest[name] = Array.isArray(column) ? column.filter((value, i) => keep[i]) : column;
  rest.count = rest.arch.length;
  return rest;
})();
const networks = (() => {
  const missing = {id: null, target: null, accuracy: null, accuracy_int8: null, predicted: 0, on_front: 0, fits: 0, generation: null,
    macs: null, flash_bytes: null, sram_bytes: null, latency_ms: null, latency_upper_ms: null, arch: ""};
  const parts = [candidates, unjudged, others];
  const all = {count: parts.reduce((sum, part) => sum + part.count, 0)};
  for (const [name, value] of Object.entries(missing))
    all[name] = parts.flatMap((part) => part[name] || new Array(part.count).fill(value));
  return all;
})();
const winnerId = (data.finalists.find((f) => f.chosen) || {}).candidate;
const winnerIndex = candidates.id.indexOf(winnerId);

const costs = {
  latency: {
    name: "Latency", inText: "latency",
    column: data.target.latency_at === "mean" ? "latency_ms" : "latency_upper_ms",
    title: "latency in ms" + (data.target.latency_at === "mean" ? "" : ", upper end of the 90 % interval"),
    limit: data.target.latency_limit_ms, text: ms,
  },
  sram: {
    name: "SRAM", inText: "SRAM", column: "sram_bytes", title: "SRAM in bytes", text: bytes,
    limit: known(data.target.sram_limit_bytes) ? data.target.sram_limit_bytes - data.target.reserve_sram_bytes : null,
  },
  flash: {
    name: "Flash", inText: "flash", column: "flash_bytes", title: "flash in bytes", text: bytes,
    limit: known(data.target.flash_limit_bytes) ? data.target.flash_limit_bytes - data.target.reserve_flash_bytes : null,
  },
};

const isJudged = (i) => known(networks.accuracy[i]);

function networkName(i) {
  if (i < candidates.count) return "candidate " + networks.id[i];
  if (known(networks.target[i])) return "candidate " + networks.id[i] + " of target " + networks.target[i];
  return "refused in generation " + networks.generation[i];
}

function networkState(i) {
  const c = networks;
  if (c.fits[i]) return c.on_front[i] ? "on the front" : "behind the front";
  const over = Object.values(costs).filter((cost) => known(cost.limit) && c[cost.column][i] > cost.limit).map((cost) => cost.inText);
  return over.length > 0 ? "over the limit of " + over.join(" and ") : "over a limit";
}

function networkTooltip(item) {
  const i = item.raw.index, c = networks, lines = [
    isJudged(i) ? "accuracy " + percent(c.accuracy[i]) + (c.predicted[i] ? ", predicted" : ", inherited weights") : "not judged",
  ];
  if (known(c.accuracy_int8[i])) lines.push("int8 " + percent(c.accuracy_int8[i]));
  lines.push("latency " + ms(c.latency_ms[i]) + ", 90 % upper end " + ms(c.latency_upper_ms[i]), "SRAM " + bytes(c.sram_bytes[i]),
    "flash " + bytes(c.flash_bytes[i]));
  if (!c.fits[i]) lines.push(networkState(i));
  const arch = c.arch[i], width = innerWidth < 600 ? 32 : 48;
  for (let at = 0; at < arch.length && at < 3 * width; at += width)
    lines.push(arch.slice(at, at + width) + (at + width >= 3 * width && arch.length > 3 * width ? " …" : ""));
  return lines;
}

const tooltipOfNetworks = {
  displayColors: false,
  filter: (item, index) => index === 0,
  callbacks: {title: (items) => items.length > 0 ? networkName(items[0].raw.index) : "", label: networkTooltip},
};

// The network that the reader looks at, in all charts and in the details beside them.
const selection = {index: -1, tell: []};

function selectNetwork(index) {
  selection.index = index;
  for (const tell of selection.tell) tell(index);
}

// Clicks and arrow keys of a chart whose points carry the index of a network. order(key): the points that a key walks along.
function makeSelectable(canvas, current, order) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const points = order(event.key);
    if (points.length === 0) return;
    const at = points.findIndex((p) => p.index === selection.index);
    const forward = event.key === "ArrowRight" || event.key === "ArrowUp";
    let next = at < 0 ? (forward ? 0 : points.length - 1) : at + (forward ? 1 : -1);
    if (event.key === "Home") next = 0;
    if (event.key === "End") next = points.length - 1;
    selectNetwork(points[Math.max(0, Math.min(points.length - 1, next))].index);
  });
  return (options) => {
    options.interaction = {mode: "nearest", intersect: true};
    options.onClick = (event, elements) => {
      if (elements.length > 0) selectNetwork(current().data.datasets[elements[0].datasetIndex].data[elements[0].index].index);
    };
    options.onHover = (event, elements) => { canvas.style.cursor = elements.length > 0 ? "pointer" : "default"; };
    options.plugins.tooltip = tooltipOfNetworks;
  };
}

function dots(label, points, colourName, more) {
  return Object.assign({
    label, data: points, backgroundColor: colour(colourName), borderColor: colour(colourName),
    pointRadius: 3, pointHitRadius: 6, pointHoverRadius: 6, parsing: false,
  }, more);
}

// The ring around what is selected, and the winner: the first two datasets of a chart of networks. pointOf(index): [] or [{x, y, index}].
function marks(pointOf) {
  return [
    {label: "selected", data: pointOf(selection.index), pointRadius: 10, pointBorderWidth: 3, pointHitRadius: 0,
      backgroundColor: "transparent", borderColor: colour("ink"), pointHoverRadius: 10, parsing: false},
    {label: "winner", data: pointOf(winnerIndex), pointStyle: "rectRot", pointRadius: 9, pointHoverRadius: 11, pointHitRadius: 6,
      backgroundColor: colour("good"), borderColor: colour("ground"), pointBorderWidth: 1.5, parsing: false},
  ];
}

function networkDetails(index) {
  const row = (name, value) => [element("dt", null, name), element("dd", null, value)];
  const c = networks, arch = c.arch[index], name = networkName(index);
  return [
    element("h3", null, name[0].toUpperCase() + name.slice(1) + (index === winnerIndex ? ", the winner" : "")),
    element("dl", null, ...[
      row("state", networkState(index)),
      row("accuracy", isJudged(index) ? percent(c.accuracy[index]) : "not judged"),
      isJudged(index) ? row("from", c.predicted[index] ? "the predictor" : "inherited weights") : [],
      known(c.accuracy_int8[index]) ? row("int8 accuracy", percent(c.accuracy_int8[index])) : [],
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
