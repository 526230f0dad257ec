// What each kind of chart looks like, as options of ECharts: bars, intervals, parts of a whole. `is`: the colours and sizes of the page.
// Every kind is {option, height}: heights follow how much there is to show.
(function () {
  "use strict";
  const kinds = (window.msChartKinds = window.msChartKinds || {});
  const safe = (words) => window.echarts.format.encodeHTML(String(words));
  const line = (is) => ({ lineStyle: { color: is.line } });
  const label = (is, more) => ({ color: is.ink, fontSize: is.size, ...more });
  const cut = (is) => ({ width: is.narrow ? is.size * 6 : is.size * 11, overflow: "truncate" });
  window.msChartParts = { safe, line, label, cut };

  // A point, its interval and the whole, one line a group.
  kinds.forest = function (data, is) {
    const rows = data.rows, row = is.size * 1.9;
    const of = (one) => (one.few ? is.grey : one.band === "level" ? is.soft : one.band === "above" ? is.hues[0] : is.hues[1]);
    const least = Math.min(data.whole === null ? 1 : data.whole, ...rows.map((r) => r.low));
    const [low, step] = [[0.9, 0.02], [0.8, 0.05], [0.5, 0.1], [0, 0.2]].find(([edge]) => edge <= least); // nothing is cut off
    const draw = (params, api) => {
      const one = rows[params.dataIndex], at = (x) => api.coord([x, params.dataIndex]);
      const [x0, y] = at(one.low), [x1] = at(one.high), [x] = at(one.value), r = is.size * 0.32;
      const style = { stroke: of(one), fill: of(one), lineWidth: one.few ? 1 : 2, opacity: one.few ? 0.75 : 1 };
      const shapes = [
        { type: "line", shape: { x1: x0, y1: y, x2: x1, y2: y }, style },
        ...[x0, x1].map((end) => ({ type: "line", shape: { x1: end, y1: y - r, x2: end, y2: y + r }, style })),
      ];
      if (one.band === "below") shapes.push({ type: "polygon", shape: { points: [[x, y + r * 1.4], [x - r * 1.4, y - r], [x + r * 1.4, y - r]] }, style });
      else if (one.band === "above") shapes.push({ type: "polygon", shape: { points: [[x, y - r * 1.4], [x - r * 1.4, y + r], [x + r * 1.4, y + r]] }, style });
      else shapes.push({ type: "circle", shape: { cx: x, cy: y, r }, style: one.few ? { ...style, fill: is.paper } : style });
      return { type: "group", children: shapes };
    };
    return {
      height: rows.length * row + is.size * 5,
      option: {
        grid: { left: 4, right: is.size * 3, top: is.size * 2, bottom: is.size * 2, containLabel: true },
        xAxis: { min: low, max: 1, interval: step, axisLabel: label(is, { formatter: (x) => Math.round(x * 100) + "%" }), splitLine: line(is), position: "top" },
        yAxis: { type: "category", inverse: true, data: rows.map((r) => r.name), axisLabel: label(is, { ...cut(is), interval: 0,
          color: (name, n) => (rows[n] && rows[n].few ? is.soft : is.ink) }), axisTick: { show: false }, axisLine: line(is) },
        tooltip: { trigger: "item", formatter: (p) => { const r = rows[p.dataIndex];
          return safe(r.name) + "<br>" + r.shown + "（" + r.between + "）<br>共 " + r.n + " 件" + (r.few ? "，不作比较" : ""); } },
        series: [{ type: "custom", renderItem: draw, data: rows.map((r, n) => ({ value: [r.value, n, r.low, r.high], url: r.url })),
          encode: { x: [0, 2, 3], y: 1 }, clip: true,
          markLine: data.whole === null ? undefined : { silent: true, symbol: "none", data: [{ xAxis: data.whole }], lineStyle: { color: is.ink, type: "dashed" },
            label: label(is, { formatter: "总体 " + data.whole_shown, position: "end", distance: is.size * 0.4 }) } }],
      },
    };
  };

  // Parts of a part: bars that begin at the same edge, so that lengths can be compared.
  kinds.funnel = function (data, is) {
    const rows = data.rows;
    return {
      height: rows.length * is.size * 2.6 + 16,
      option: {
        grid: { left: 4, right: is.size * 9, top: 4, bottom: 4, containLabel: true },
        xAxis: { show: false, min: 0, max: rows[0].n },
        yAxis: { type: "category", inverse: true, data: rows.map((r) => r.name), axisLabel: label(is), axisTick: { show: false }, axisLine: { show: false } },
        tooltip: { formatter: (p) => safe(p.name) + " " + p.value + " 件，占受理 " + rows[p.dataIndex].shown },
        series: [{ type: "bar", barWidth: "62%", itemStyle: { color: is.hues[0] }, data: rows.map((r) => ({ value: r.n, url: r.url })),
          showBackground: true, backgroundStyle: { color: is.line, opacity: 0.45 },
          label: label(is, { show: true, position: "right", formatter: (p) => p.value + " 件  " + rows[p.dataIndex].shown }) }],
      },
    };
  };

  kinds.pareto = function (data, is) {
    const rows = data.rows;
    return {
      height: rows.length * is.size * 1.9 + is.size * 4,
      option: {
        grid: { left: 4, right: is.size * 2.5, top: is.size * 2.2, bottom: 4, containLabel: true },
        xAxis: { type: "value", min: 0, max: 1, position: "top", splitLine: line(is), axisLabel: label(is, { formatter: (x) => Math.round(x * 100) + "%" }) },
        yAxis: { type: "category", inverse: true, data: rows.map((r) => r.name), axisLabel: label(is, { ...cut(is), interval: 0 }), axisTick: { show: false }, axisLine: line(is) },
        tooltip: { trigger: "item", formatter: (p) => { const r = rows[p.dataIndex]; return safe(r.name) + " " + r.n + " 件<br>累计 " + r.shown; } },
        series: [
          { name: "件数", type: "bar", barWidth: "58%", itemStyle: { color: is.hues[0] }, data: rows.map((r) => ({ value: r.n / data.whole, url: r.url })),
            label: label(is, { show: true, position: "right", distance: is.size * 0.5, formatter: (p) => rows[p.dataIndex].n + " 件" }) },
          { name: "累计占比", type: "line", symbolSize: is.size * 0.5, lineStyle: { color: is.hues[1], width: 2 }, itemStyle: { color: is.hues[1] },
            data: rows.map((r) => ({ value: [r.share, r.name], url: r.url })) },
        ],
      },
    };
  };

  // Where the open ones stand, darker the longer they are open.
  kinds.ages = function (data, is) {
    const over = (n) => (is.wall ? is.ground : n >= 3 ? is.paper : is.ink);
    const row = is.wall ? (is.tall - is.size * (is.narrow ? 3.4 : 2.2)) / data.names.length : is.size * 2.6, size = Math.min(is.size, row * 0.72);
    return {
      height: data.names.length * is.size * 2.6 + is.size * 4,
      option: {
        grid: { left: 4, right: is.size * 2, top: is.size * ((is.narrow ? 4.6 : 2.6) - (is.wall ? 0.8 : 0)), bottom: 4, containLabel: true },
        legend: { top: 0, left: 0, textStyle: label(is), itemWidth: is.size, itemHeight: is.size, selectedMode: false },
        xAxis: { type: "value", minInterval: 1, splitLine: line(is), axisLabel: label(is, { show: !is.wall }) },
        yAxis: { type: "category", inverse: true, data: data.names, axisLabel: label(is, { interval: 0, fontSize: size }), axisTick: { show: false }, axisLine: line(is) },
        tooltip: { formatter: (p) => safe(p.name) + "，" + safe(p.seriesName) + "：" + p.value + " 件" },
        series: data.series.map((one, n) => ({
          name: one.name, type: "bar", stack: "all", barWidth: is.wall ? "84%" : "60%", data: one.values, itemStyle: { color: is.steps[n], borderColor: is.paper, borderWidth: 1 },
          label: { show: true, fontSize: size, color: over(n), formatter: (p) => (p.value ? p.value : "") },
          labelLayout: { hideOverlap: true },
        })),
      },
    };
  };
})();
