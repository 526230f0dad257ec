// Charts of places, hours and ways: flow, tiles, hours of the week, days of the year, trends. See chart_kinds.js.
(function () {
  "use strict";
  const kinds = (window.msChartKinds = window.msChartKinds || {});
  const { safe, line, label } = window.msChartParts;

  kinds.flow = function (data, is) {
    const nodes = data.nodes.map((node) => ({ name: node.id, depth: node.depth, words: node.name, itemStyle: { color: is.hues[node.depth * 2] },
      label: { position: node.depth === 2 && !is.narrow ? "left" : "right" } }));
    const named = Object.fromEntries(data.nodes.map((node) => [node.id, node.name]));
    const most = Math.max(...[0, 1, 2].map((depth) => data.nodes.filter((node) => node.depth === depth).length));
    return {
      height: Math.max(260, most * is.size * 2.7),
      option: {
        tooltip: { trigger: "item", formatter: (p) => p.dataType === "edge"
          ? safe(named[p.data.source]) + " → " + safe(named[p.data.target]) + "：" + p.data.value + " 件" : safe(named[p.name]) + "：" + p.value + " 件" },
        series: [{
          type: "sankey", left: 4, right: is.narrow ? is.size * 5 : 4, top: 8, bottom: 8, nodeGap: is.size * 0.8, nodeWidth: is.size, layoutIterations: 0, draggable: false,
          data: nodes, links: data.links, emphasis: { focus: "adjacency" },
          label: label(is, { formatter: (p) => named[p.name], width: is.narrow ? is.size * 5 : is.size * 10, overflow: "truncate" }),
          lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
        }],
      },
    };
  };

  // Shaded squares, each where its value says. ECharts' own heatmap draws on a layer of its own that does not reach paper.
  function squares(is, cells, gap, more, words) {
    const place = (params, api) => {
      const calendar = params.coordSys.type === "calendar", at = calendar ? api.value(0) : [api.value(0), api.value(1)];
      const [x, y] = api.coord(at), [wide, high] = calendar ? [params.coordSys.cellWidth, params.coordSys.cellHeight] : api.size([1, 1]);
      const text = words ? words(params.dataIndex) : null;
      return { type: "rect", shape: { x: x - wide / 2 + gap / 2, y: y - high / 2 + gap / 2, width: wide - gap, height: high - gap }, style: { fill: api.visual("color") },
        ...(text ? { textContent: { style: { text: text.words, fill: text.fill, fontSize: is.size, lineHeight: is.size * 1.5, textAlign: "center" } },
          textConfig: { position: "inside" } } : {}) };
    };
    return { type: "custom", renderItem: place, data: cells, ...more };
  }

  function shaded(is, most, more) {
    return { min: 0, max: Math.max(1, most), calculable: false, orient: "horizontal", left: 0, top: 0, itemWidth: is.size, itemHeight: is.size * 8,
      text: [String(most), "0"], textStyle: { color: is.ink, fontSize: is.size }, inRange: { color: is.steps }, hoverLink: false, ...more };
  }

  kinds.load = function (data, is) {
    const wide = is.width / (is.narrow ? 26 : 28);
    return {
      height: 7 * Math.max(is.size * 1.7, Math.min(wide, 34)) + is.size * 6,
      option: {
        grid: { left: 4, right: 8, top: is.size * 2.6, bottom: 4, containLabel: true },
        visualMap: shaded(is, data.most, { dimension: 2 }),
        xAxis: { type: "category", data: data.hours, axisLabel: label(is, { interval: is.narrow ? 5 : 2 }), axisTick: { show: false }, axisLine: line(is), name: is.narrow ? "" : "时" },
        yAxis: { type: "category", data: data.days, inverse: true, axisLabel: label(is), axisTick: { show: false }, axisLine: line(is) },
        tooltip: { formatter: (p) => safe(data.days[p.data.value[1]]) + " " + p.data.value[0] + "–" + (p.data.value[0] + 1) + " 时：" + p.data.value[2] + " 件" },
        series: [squares(is, data.cells, 1)],
      },
    };
  };

  kinds.days = function (data, is) {
    const cell = Math.max(is.narrow ? 14 : 10, Math.floor((is.width - is.size * 3.5) / 54));
    const calendar = (range, at) => ({ orient: is.narrow ? "vertical" : "horizontal", range, cellSize: is.narrow ? [cell * 2, cell] : [cell, cell], left: is.size * 3.2,
      top: at, splitLine: { lineStyle: { color: is.soft } }, itemStyle: { color: "transparent", borderColor: is.line, borderWidth: 1 }, yearLabel: { show: false },
      monthLabel: label(is, { nameMap: "ZH", ...(is.narrow ? {} : { margin: is.size * 0.6 }) }), dayLabel: label(is, { firstDay: 1, nameMap: "ZH", fontSize: Math.min(is.size, cell) }) });
    return {
      height: is.narrow ? 54 * cell + is.size * 7 : 7 * cell + is.size * 6,
      option: {
        calendar: calendar(data.range, is.size * 4.6),
        visualMap: shaded(is, data.most, { dimension: 1 }),
        tooltip: { formatter: (p) => p.data.value[0] + "：" + p.data.value[1] + " 件" },
        series: [squares(is, data.cells, 1, { coordinateSystem: "calendar" })],
      },
    };
  };

  // Equal squares where the city's folder says: no outlines, no sizes.
  kinds.tiles = function (data, is) {
    const side = Math.min(Math.floor((is.width - 8) / data.columns), is.size * 9), rows = data.rows;
    const found = (p) => data.cells[p.dataIndex];
    return {
      height: side * rows + is.size * 3.4,
      option: {
        grid: { left: 0, width: side * data.columns, top: is.size * 3, height: side * rows },
        visualMap: shaded(is, data.most, { dimension: 2 }),
        xAxis: { type: "category", data: [...Array(data.columns).keys()], show: false },
        yAxis: { type: "category", data: [...Array(rows).keys()], inverse: true, show: false },
        tooltip: { formatter: (p) => safe(found(p).name) + "：" + found(p).n + " 件" + (found(p).per === null ? "" : "<br>每万人 " + found(p).per.toFixed(1) + " 件") },
        series: [squares(is, data.cells.map((c) => ({ value: [c.column, c.row, c.shade], url: c.url })), 4, {},
          (n) => ({ words: data.cells[n].name + "\n" + data.cells[n].n + " 件", fill: data.cells[n].shade > data.most * 0.7 ? is.paper : is.ink }))],
      },
    };
  };

  // This period, the one before and the one a year ago, day by day (or week, month) on one axis. Left of it there is room for half of the first date.
  kinds.trend = function (data, is) {
    const thick = Math.max(1, is.size / 16);
    const styles = [{ width: 3 * thick, type: "solid" }, { width: 2 * thick, type: "dashed" }, { width: 2 * thick, type: "dotted" }];
    const colours = [is.hues[0], is.hues[1], is.hues[2]], marks = ["circle", "triangle", "rect"];
    const number = (x) => (!x || x.value === null || x.value === undefined ? "暂无数据" : data.shares ? x.shown : x.value + " 件");
    return {
      height: is.size * (is.narrow ? 20 : 22),
      option: {
        grid: { left: is.size * 1.4, right: is.size * 2.2, top: is.size * (is.narrow && !is.wall ? 6 : 3), bottom: 4, containLabel: true },
        legend: { top: 0, left: 0, textStyle: label(is), data: data.series.map((one) => one.name), itemWidth: is.size * 2 },
        xAxis: { type: "category", data: data.at, boundaryGap: data.at.length < 2, axisLabel: label(is, { hideOverlap: true }), axisLine: line(is) },
        yAxis: { type: "value", min: data.shares ? null : 0, scale: data.shares, minInterval: data.shares ? 0 : 1, splitLine: line(is), splitNumber: is.wall ? 3 : 5,
          axisLabel: label(is, { formatter: (x) => (data.shares ? Math.round(x * 100) + "%" : x) }) },
        tooltip: { trigger: "axis", formatter: (found) => safe(found[0].axisValue) + found.map((p) => {
          const one = data.series[p.seriesIndex]; return "<br>" + safe(one.name) + "（" + safe(one.days[p.dataIndex]) + "）：" + number(p.data); }).join("") },
        series: data.series.map((one, n) => ({ name: one.name, type: "line", data: one.values, connectNulls: false, symbol: marks[n],
          symbolSize: is.size * (data.at.length > 45 ? 0.3 : 0.5), showSymbol: true, lineStyle: { ...styles[n], color: colours[n] }, itemStyle: { color: colours[n] } })),
      },
    };
  };
})();
