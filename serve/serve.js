// SPDX-License-Identifier: MIT
// Keeps the numbers of a run that is under way fresh. Without it, the page says how they were when it was
// asked for.
'use strict';

const group = (n) => n.toLocaleString('en-US');
const bytes = (n) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; ++unit) n /= 1024;
  return unit === 0 ? `${n} B` : `${n.toFixed(1)} ${units[unit]}`;
};
const time = (ms) => {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} m`;
};

const show = (name, text) => {
  const place = document.querySelector(`[data-live="${name}"]`);
  if (!place) return;
  if (text === null) {
    place.closest('div').hidden = true;
  } else {
    place.textContent = text;
    place.closest('div').hidden = false;
  }
};

const number = (n) => (n === null ? null : group(n));

const showFetchers = (fetchers) => {
  const body = document.querySelector('[data-live="fetchers"]');
  if (!body) return;
  const now = Date.now();
  body.replaceChildren(...fetchers.map((one) => {
    const row = document.createElement('tr');
    const cells = [
      [one.pid, 'number'],
      [group(one.pages), 'number'],
      [one.last_at ? `${time(Math.max(0, now - Date.parse(one.last_at)))} ago` : '', 'word'],
      [one.last_url ?? '', ''],
    ];
    for (const [text, style] of cells) {
      const cell = document.createElement('td');
      cell.textContent = text;
      if (style) cell.className = style;
      row.append(cell);
    }
    return row;
  }));
};

const live = document.querySelector('[data-running]');
if (live) {
  let wasRunning = live.dataset.running === 'yes';
  const source = new EventSource('/api/events');
  source.addEventListener('live', (event) => {
    const now = JSON.parse(event.data);
    if (now.running !== wasRunning) {
      // Another state has other parts; and who listens to the page is told by the new one.
      location.reload();
      return;
    }
    wasRunning = now.running;
    show('pages', group(now.pages));
    show('bytes', bytes(now.bytes));
    show('pending', number(now.pending));
    if (!now.running) return;
    show('rate', `${now.pages_per_second.toFixed(1)}/s`);
    show('left', now.left_ms === null ? null : time(now.left_ms));
    show('hosts_ready', number(now.hosts_ready));
    show('hosts_waiting', number(now.hosts_waiting));
    showFetchers(now.fetchers);
  });
}
