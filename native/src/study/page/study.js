// The page of a study: shows pairs of pictures for a few seconds and asks which one is the photograph. It does not know the answer.
"use strict";

const study = JSON.parse(document.getElementById("study").textContent);
const byId = (id) => document.getElementById(id);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Time between two pairs, so that nobody misses a beginning. */
const PAUSE = 500;

/** Numbers from 0 to 1 that follow from a text: mulberry32, begun by its FNV-1a hash. */
function random(text) {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Who takes part: named by the address (?person=), or drawn. */
function participant() {
  const named = new URLSearchParams(location.search).get("person");
  if (named) return named.slice(0, 100);
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}

/** Order, sides, method and time for a person. Each photograph comes once, the methods in turn. */
function plan(person) {
  const draw = random(`${study.seed}/${study.study}/${person}`);
  const below = (count) => Math.floor(draw() * count);
  const seconds = study.seconds[below(study.seconds.length)];
  const order = [...study.questions];
  for (let place = order.length - 1; place > 0; place -= 1) {
    const other = below(place + 1);
    [order[place], order[other]] = [order[other], order[place]];
  }
  let turn = below(1 << 16);
  const trials = order.map((pairs) => {
    const [first, second] = pairs.length === 1 ? pairs[0] : pairs[turn++ % pairs.length];
    return draw() < 0.5 ? [first, second] : [second, first];
  });
  return { seconds, trials };
}

function show(state) {
  document.body.dataset.state = state;
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== state;
}

const sides = ["left", "right"];
const images = sides.map((side) => byId(side).querySelector("img"));

/** Both pictures, ready to be seen at once. Waits for a person where they do not come. */
async function load(trial) {
  for (;;) {
    try {
      await Promise.all(images.map((image, side) => {
        image.src = `pictures/${trial[side]}.png`;
        return image.decode();
      }));
      return;
    } catch {
      byId("question").textContent = "The pictures did not arrive. Check your connection.";
      byId("again").hidden = false;
      await new Promise((done) => byId("again").addEventListener("click", done, { once: true }));
      byId("again").hidden = true;
      for (const image of images) image.removeAttribute("src");
    }
  }
}

/** Until somebody can see the page. */
async function seen() {
  while (document.hidden) await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

/** The side that a person chooses, by key, tap or click. */
function choice() {
  return new Promise((done) => {
    const finish = (side) => {
      document.removeEventListener("keydown", onKey);
      for (const name of sides) {
        byId(name).onclick = null;
        byId(name).disabled = true;
      }
      done(side);
    };
    const onKey = (event) => {
      const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
      if (!side || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      finish(side);
    };
    document.addEventListener("keydown", onKey);
    for (const name of sides) {
      byId(name).disabled = false;
      byId(name).onclick = () => finish(name);
    }
  });
}

async function ask(trial, seconds) {
  byId("question").textContent = "Look at both.";
  await load(trial);
  await wait(PAUSE);
  await seen();
  const pair = byId("pair");
  const begun = performance.now();
  pair.classList.add("shown");
  await wait(seconds * 1000);
  pair.classList.remove("shown");
  const hidden = performance.now();
  byId("question").textContent = "Which one is the photograph?";
  const chosen = await choice();
  return { left: trial[0], right: trial[1], chosen, shown: Math.round(hidden - begun), answered: Math.round(performance.now() - hidden) };
}

async function send(text) {
  if (!study.post) return false;
  try {
    // As plain text no host is asked beforehand whether it may be sent.
    return (await fetch(study.post, { method: "POST", headers: { "Content-Type": "text/plain" }, body: text })).ok;
  } catch {
    return false;
  }
}

async function finish(result) {
  const text = JSON.stringify(result);
  const sent = await send(text);
  const link = byId("download");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `answers-${result.person.replace(/[^A-Za-z0-9_-]/g, "_")}.json`;
  link.hidden = sent;
  byId("thanks").textContent = sent
    ? "Thank you. Your answers were sent."
    : `Thank you. ${study.post ? "Your answers could not be sent. " : ""}Download your answers and give them to whoever asked you.`;
  show("end");
  byId("thanks").focus();
}

async function run() {
  const person = participant();
  const { seconds, trials } = plan(person);
  const unfinished = (event) => event.preventDefault();
  window.addEventListener("beforeunload", unfinished);
  show("trial");
  const answers = [];
  for (const trial of trials) {
    byId("progress").value = answers.length / trials.length;
    byId("place").textContent = `${answers.length + 1} of ${trials.length}`;
    answers.push(await ask(trial, seconds));
  }
  window.removeEventListener("beforeunload", unfinished);
  await finish({ format: "infill-study-answers 1", study: study.study, person, seconds, answers });
}

document.title = study.title;
byId("title").textContent = study.title;
byId("consent").textContent = study.consent;
const longest = Math.max(...study.seconds);
const minutes = Math.ceil((study.questions.length * (longest + 3)) / 60);
byId("lengths").textContent = `There are ${study.questions.length} pairs, each shown for a few seconds: about ${minutes} min.`;
byId("begin").hidden = false;
byId("begin").addEventListener("click", run, { once: true });
