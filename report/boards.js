// What can be checked: predictions beside board measurements, answers beside labels.

// Rows of the target's runtime, and of the others; faint only beside the former.
function boardGroups() {
  const isOwn = (r) => r.runtime === data.target.runtime;
  return [data.boards.filter(isOwn), data.boards.filter((r) => !isOwn(r))];
}

function otherColour() {
  return boardGroups()[0].length > 0 ? "faint" : "accent";
}

function drawBoards(canvas) {
  const rows = data.boards;
  const low = Math.min(...rows.map((r) => Math.min(r.measured_ms, r.low_ms))), high = Math.max(...rows.map((r) => Math.max(r.measured_ms, r.high_ms)));
  const ends = {min: low * .8, max: high * 1.25};
  const options = baseOptions(logAxis("measured, ms", ends), logAxis("predicted, ms", ends));
  options.plugins.tooltip.callbacks = {
    label: (item) => {
      const r = item.raw.row;
      return r === undefined ? "" : [r.name + ", " + r.runtime + " " + r.version, "measured " + ms(r.measured_ms) + ", predicted " + ms(r.predicted_ms),
        (100 * r.error).toFixed(1) + " %, " + r.role];
    },
  };
  options.plugins.tooltip.filter = (item) => item.raw.row !== undefined;
  const rowsAs = (label, name, chosen) => ({
    label, data: chosen.map((row) => ({x: row.measured_ms, y: row.predicted_ms, low: row.low_ms, high: row.high_ms, row})),
    errorBars: "y", errorColour: colour(name), backgroundColor: colour(name), borderColor: colour(name), pointRadius: 4, parsing: false,
  });
  const [own, foreign] = boardGroups();
  return new Chart(canvas, {type: "scatter", options, data: {datasets: [
    {label: "equal", data: [{x: low * .8, y: low * .8}, {x: high * 1.25, y: high * 1.25}], showLine: true, pointRadius: 0, pointHitRadius: 0,
      borderColor: colour("quiet"), borderDash: [5, 4], borderWidth: 1, parsing: false},
    rowsAs("of this runtime", "accent", own), rowsAs("of other runtimes", otherColour(), foreign),
  ]}});
}

function drawErrors(canvas) {
  const times = data.boards.map((r) => r.measured_ms);
  const options = baseOptions(logAxis("measured, ms", {min: .8 * Math.min(...times), max: 1.25 * Math.max(...times)}),
    axis("error, %", {grace: "5%"}));
  options.plugins.tooltip.callbacks = {label: (item) => [item.raw.row.name + ", " + item.raw.row.runtime, item.raw.y.toFixed(1) + " %, " + item.raw.row.role]};
  const off = (row, value) => 100 * (value / row.measured_ms - 1);
  const rowsAs = (name, chosen) => ({
    data: chosen.map((row) => ({x: row.measured_ms, y: 100 * row.error, low: off(row, row.low_ms), high: off(row, row.high_ms), row})),
    errorBars: "y", errorColour: colour(name), backgroundColor: colour(name), borderColor: colour(name), pointRadius: 3.5, parsing: false,
  });
  const [own, foreign] = boardGroups();
  const ends = data.boards.flatMap((r) => [off(r, r.low_ms), off(r, r.high_ms)]);
  options.scales.y.suggestedMin = Math.min(0, ...ends);
  options.scales.y.suggestedMax = Math.max(0, ...ends);
  return new Chart(canvas, {type: "scatter", options, data: {datasets: [rowsAs("accent", own), rowsAs(otherColour(), foreign)]}});
}

// Errors of refits with a network or a family left out: what a new network may expect.
function modelTable() {
  const share = (value) => known(value) ? (100 * value).toFixed(1) + " %" : unknownText;
  const rows = data.board_models.map((m) => [m.runtime + " " + m.version, count(m.rows), share(m.error_net_out), share(m.worst_net_out), share(m.error_family_out)]);
  return table("Latency models of this part: mean error for networks, and for families of networks, left out of the fit",
    [{name: "runtime", text: true}, {name: "measurements"}, {name: "network left out"}, {name: "worst"}, {name: "family left out"}], rows);
}

function addBoardsSection() {
  const parent = section("boards", "Predicted against measured");
  if (data.boards_missing) parent.append(missing(data.boards_missing));
  if (data.board_models && data.board_models.length > 0) parent.append(modelTable());
  if (data.boards.length === 0) return;
  const {canvas, box} = plotBox("Predicted over measured latency of " + data.boards.length + " networks with 90 % intervals; the table has the figures");
  const errors = plotBox("Error of each prediction in per cent with its 90 % interval; the table has the figures");
  const covered = data.boards.filter((r) => r.covered).length;
  const fitted = data.boards.filter((r) => r.role === "fitted").length;
  parent.append(element("p", null, covered + " of " + data.boards.length + " measurements lie within the 90 % interval of their prediction; the latency models were fitted to " +
    fitted + " of them, which are a check of the fit alone. On the dashed line both are equal; an error above 0 is a latency predicted too long."),
    element("div", {class: "pair"},
      element("div", null, element("h3", null, "Predicted over measured latency"), box),
      element("div", null, element("h3", null, "Error of each prediction"), errors.box)),
    legend(...(boardGroups()[0].length > 0 ? [["accent", "runtime " + data.target.runtime]] : []), [otherColour(), "other runtimes of this part"]));
  addChart(() => drawBoards(canvas));
  addChart(() => drawErrors(errors.canvas));
  const rows = data.boards.map((r) => [r.name, r.runtime + " " + r.version, r.role, ms(r.measured_ms), ms(r.predicted_ms),
    ms(r.low_ms) + " to " + ms(r.high_ms), (100 * r.error).toFixed(1) + " %", r.covered ? "yes" : "no", r.source]);
  parent.append(element("details", null, element("summary", null, "The measurements"),
    table("Shipped measurements of this part; \"fitted\": the latency model has seen the row",
      [{name: "network or layer", text: true}, {name: "runtime", text: true}, {name: "role", text: true}, {name: "measured"}, {name: "predicted"},
        {name: "90 % interval"}, {name: "error"}, {name: "covered"}, {name: "source", kind: "arch"}], rows)));
}

function confusionTable() {
  const names = data.study.classes;
  const head = element("tr", null, element("th", {class: "text", scope: "col"}, "label \\ answer"),
    ...names.map((name) => element("th", {scope: "col"}, name)), element("th", {scope: "col"}, "right"));
  const body = element("tbody");
  data.confusion.forEach((row, label) => {
    const all = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, answer) => {
      const cell = element("td", {class: answer === label ? "right" : null}, n === 0 ? "·" : count(n));
      if (n > 0) cell.style.background = "rgba(var(--heat), " + (.06 + .5 * n / all).toFixed(3) + ")";
      return cell;
    });
    body.append(element("tr", null, element("th", {class: "text", scope: "row"}, names[label]), ...cells,
      element("td", null, percent(all > 0 ? row[label] / all : null))));
  });
  const caption = "Rows are labels, columns the winner's int8 answers on the test images";
  return captioned(caption, element("table", {"aria-label": caption}, element("thead", null, head), body), "confusion");
}

function addConfusionSection() {
  section("confusion", "Confusion", data.confusion ? confusionTable()
    : missing(data.winner ? "The study keeps no confusion matrix." : "There is no winner yet whose answers could be counted."));
}
