// SPDX-License-Identifier: MIT
// Node's child_process messages, measured as bench/queue.cc measures ours: a forked child sends small
// messages as fast as the channel takes them, then answers one at a time. Prints "hand-offs per second",
// then the p50 and p99 of half a round trip between two processes that wait, in nanoseconds.
'use strict';
const { fork } = require('child_process');

const COUNT = 400000;
const ROUNDS = 5000;
const BATCH = 1000; // in flight before the sender lets the channel catch up

if (process.argv[2] === 'child') {
  let left = 0;
  const batch = () => {
    for (let i = Math.min(BATCH, left); i > 1; --i) process.send({ task: 'Task of a few dozen bytes' });
    const n = Math.min(BATCH, left);
    left -= n;
    if (n > 0) process.send({ task: 'Task of a few dozen bytes' }, batch);
  };
  process.on('message', (message) => {
    if (message.start) {
      left = message.start;
      batch();
    } else {
      process.send({ echo: 1 });
    }
  });
} else {
  const child = fork(__filename, ['child']);
  const latencies = [];
  let received = 0;
  let began = 0n;
  const ping = () => {
    began = process.hrtime.bigint();
    child.send({ ping: 1 });
  };
  child.on('message', (message) => {
    if (message.task) {
      if (++received === 1) began = process.hrtime.bigint();
      if (received < COUNT) return;
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      console.log(Math.round((COUNT - 1) / seconds));
      ping();
      return;
    }
    latencies.push(Number(process.hrtime.bigint() - began) / 2);
    if (latencies.length < ROUNDS) return ping();
    latencies.sort((a, b) => a - b);
    console.log(Math.round(latencies[ROUNDS >> 1]), Math.round(latencies[Math.floor(ROUNDS * 0.99)]));
    child.disconnect();
  });
  child.send({ start: COUNT });
}
