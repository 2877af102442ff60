// The page from top to bottom.
function tile(name, value, more, used) {
  const node = element("div", {class: "tile"}, element("div", {class: "name"}, name), element("div", {class: "value"}, value));
  if (known(used)) {
    const bar = element("span", {class: used > 1 ? "over" : null});
    bar.style.width = Math.min(100, 100 * used).toFixed(1) + "%";
    node.append(element("div", {class: "meter", "aria-hidden": "true"}, bar));
  }
  node.append(element("div", {class: "more"}, more));
  return node;
}

function limitTile(name, value, limit, reserve, text) {
  if (!known(limit)) return tile(name, text(value), "no limit");
  const used = (value + reserve) / limit;
  return tile(name, text(value), (100 * used).toFixed(0) + " % of " + text(limit) + (reserve > 0 ? ", with " + text(reserve) + " kept free" : "") +
    (used > 1 ? ": OVER" : ": fits"), used);
}

function addSummary() {
  const f = data.finalists.find((finalist) => finalist.chosen), t = data.target;
  if (!data.winner || !f) {
    document.getElementById("main").append(missing("The search has not finished. This is what it has found so far."));
    return;
  }
  const tested = t.latency_at === "mean" ? f.latency_ms : f.latency_upper_ms;
  const latency = known(f.latency_ms)
    ? tile("Latency, predicted", ms(f.latency_ms), ms(f.latency_low_ms) + " to " + ms(f.latency_high_ms) + " (90 %)" +
      (known(t.latency_limit_ms) ? "; " + ms(tested) + " of " + ms(t.latency_limit_ms) + (tested > t.latency_limit_ms ? ": OVER" : ": fits") : ", no limit"),
      known(t.latency_limit_ms) ? tested / t.latency_limit_ms : null)
    : tile("Latency", "unknown", "no latency model of this runtime");
  document.getElementById("main").append(element("div", {class: "tiles"},
    tile("int8 accuracy", percent(f.test_int8), "± " + (100 * f.test_int8_half).toFixed(2) + " points (95 %) on " + count(f.test_count) + " test images"),
    latency,
    limitTile("SRAM", f.sram_bytes, t.sram_limit_bytes, t.reserve_sram_bytes, bytes),
    limitTile("Flash", f.flash_bytes, t.flash_limit_bytes, t.reserve_flash_bytes, bytes)));
}

function addReproduceSection() {
  const parent = section("reproduce", "Reproduce",
    element("p", null, "The same configuration makes the same candidates, the same winner and the same bytes of its model."));
  for (const c of data.commands)
    parent.append(element("div", {class: "command"}, element("span", {class: "what"}, c.what), element("pre", null, c.line), copyButton(c.line, c.what)));
  parent.append(element("details", null, element("summary", null, "The run configuration, run.json"), copyButton(data.config, "the configuration"),
    element("pre", null, data.config)));
}

function addHead() {
  const s = data.study, t = data.target, name = s.folder.replace(/\/+$/, "").split("/").pop();
  document.title = name + " – tinynas report";
  document.getElementById("title").textContent = name + " on " + t.mcu;
  document.getElementById("tool").textContent = "tinynas " + data.tool + " report";
  document.getElementById("subtitle").textContent = [
    "target " + t.id + (s.target_count > 1 ? " of " + s.target_count : ""), "runtime " + t.runtime,
    known(t.clock_mhz) ? t.clock_mhz + " MHz" : null, "data " + s.data, "space " + s.space, "seed " + s.seed,
    count(candidates.count) + " candidates", duration(t.seconds),
  ].filter(known).join(" · ");
}

addHead();
addSummary();
addFrontSection();
addProgressSection();
addFinalistsSection();
addNetworkSection();
addBoardsSection();
addConfusionSection();
addReproduceSection();
drawCharts();
if (front.first >= 0) selectNetwork(front.first);
