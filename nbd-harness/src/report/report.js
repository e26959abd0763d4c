// SPDX-License-Identifier: GPL-2.0-only
// What the page does beyond being read: sort and filter the tasks, read values off the timeline.
// Everything is shown without it, too.  Texts go in as text, never as markup.
"use strict";
document.documentElement.classList.add("js");

(function tasks() {
	const section = document.getElementById("tasks");
	const table = section && section.querySelector("table");
	if (!table)
		return;
	const body = table.tBodies[0];
	const heads = Array.from(table.tHead.rows[0].cells);
	const words = document.getElementById("filter-words");
	const state = document.getElementById("filter-state");

	function sortBy(column, ascending) {
		const numeric = heads[column].classList.contains("number");
		const key = (row) => row.cells[column].dataset.key || row.cells[column].textContent;
		const rows = Array.from(body.rows);
		rows.sort((a, b) => {
			const order = numeric ? Number(key(a)) - Number(key(b)) :
				key(a).localeCompare(key(b), "en", { numeric: true });
			return ascending ? order : -order;
		});
		body.append(...rows);
		heads.forEach((head, i) => head.setAttribute("aria-sort",
			i !== column ? "none" : ascending ? "ascending" : "descending"));
	}

	function filter() {
		const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
		for (const row of body.rows) {
			const text = row.textContent.toLowerCase();
			row.classList.toggle("filtered",
				(state.value !== "" && row.dataset.state !== state.value) ||
				!wanted.every((word) => text.includes(word)));
		}
	}

	heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () =>
		sortBy(column, head.getAttribute("aria-sort") !== "ascending")));
	words.addEventListener("input", filter);
	state.addEventListener("change", filter);

	// A link to a task must not lead to a row that a filter hides.
	section.addEventListener("click", (event) => {
		const link = event.target.closest("a[href^='#task-']");
		const row = link && document.getElementById(link.getAttribute("href").slice(1));
		if (!row)
			return;
		row.classList.remove("filtered");
		if (row.classList.contains("idle"))
			document.getElementById("show-idle").checked = true;
		row.querySelector("details").open = true;
	});
})();

(function timeline() {
	const figure = document.getElementById("timeline");
	const block = document.getElementById("values");
	if (!figure || !block)
		return;
	const chart = figure.querySelector("svg");
	const cursor = document.getElementById("cursor");
	const reading = document.getElementById("reading");
	const values = JSON.parse(block.textContent);
	const series = Object.keys(values).filter((name) => Array.isArray(values[name]));
	const count = series.length ? values[series[0]].length : 0;
	let at = count - 1;

	function show(index) {
		at = Math.max(0, Math.min(count - 1, index));
		const step = values.end / count;
		const percent = 100 * (at + 0.5) / count;
		const lines = [((at + 0.5) * step).toFixed(step < 0.5 ? 1 : 0) + " s"];
		for (const name of series) {
			const [what, unit] = name.split("|");
			const value = values[name][at];
			if (value !== null)
				lines.push(what + ": " + value.toLocaleString("en") + " " + unit);
		}
		if (lines.length === 1)
			lines.push("nothing known");
		cursor.setAttribute("x1", percent + "%");
		cursor.setAttribute("x2", percent + "%");
		cursor.style.visibility = "visible";
		reading.textContent = lines.join("\n");
		reading.hidden = false;
		const room = figure.clientWidth - reading.offsetWidth;
		const left = chart.clientWidth * percent / 100 + 24;
		reading.style.left = Math.max(0, left > room ? left - reading.offsetWidth - 30 : left) + "px";
	}

	function hide() {
		cursor.style.visibility = "hidden";
		reading.hidden = true;
	}

	function point(event) {
		const box = chart.getBoundingClientRect();
		show(Math.floor((event.clientX - box.left) / box.width * count));
	}

	figure.addEventListener("pointermove", point);
	figure.addEventListener("pointerdown", point);
	figure.addEventListener("pointerleave", hide);
	figure.addEventListener("blur", hide);
	figure.addEventListener("keydown", (event) => {
		const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
		if (event.key === "Escape") {
			hide();
		} else if (event.key in steps) {
			event.preventDefault();
			show(at + steps[event.key]);
		}
	});
})();
