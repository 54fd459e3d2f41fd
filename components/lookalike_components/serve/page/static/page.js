// The page asks what every client may ask: `encoder` for the picture's embedding, `search` for its neighbours.
// The embedding is kept, so that the slider and the filter send no picture again.

const $ = (id) => document.getElementById(id);
const TOKEN = "lookalike-token";
const USUAL = 12; // neighbours
const PATIENCE = 3; // times that a busy server is asked again

let about = null;
let query = null; // { file, embedding, encoder }
let under_way = new AbortController();

// ---------- asking ----------

class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

async function sentence(answer) {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text);
    return typeof error === "string" ? error : text;
  } catch {
    return text || answer.statusText;
  }
}

async function ask(path, options = {}, patience = PATIENCE) {
  const answer = await fetch(path, { ...options, headers: headers(options.headers) });
  if (answer.ok) return answer;
  if (answer.status === 429 && patience > 0) {
    await pause(Number(answer.headers.get("Retry-After")) || 1, options.signal);
    return ask(path, options, patience - 1);
  }
  throw new Refusal(answer.status, await sentence(answer));
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * Math.min(seconds, 10));
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

async function predict(model, instance, parameters, signal) {
  const body = JSON.stringify({ instances: [instance], parameters });
  const options = { method: "POST", body, headers: { "Content-Type": "application/json" }, signal };
  const answer = await (await ask(`/v1/models/${model}:predict`, options)).json();
  return { ...answer, prediction: answer.predictions[0] };
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("the picture could not be read from this device"));
    reader.readAsDataURL(file);
  });
}

async function encode(signal) {
  const { prediction, encoder } = await predict("encoder", { b64: await base64(query.file) }, {}, signal);
  Object.assign(query, { embedding: prediction.embedding, encoder });
}

async function neighbours(signal) {
  const label = $("label").value.trim();
  const parameters = { k: Number($("k").value), encoder: query.encoder, ...(label && { filter: { label } }) };
  const answer = await predict("search", { embedding: query.embedding }, parameters, signal);
  if (answer.release !== about.release) await refresh(); // another one has come into service
  return answer.prediction;
}

async function search(signal) {
  if (!query.embedding) await encode(signal);
  try {
    return await neighbours(signal);
  } catch (error) {
    if (error.status !== 409) throw error; // another release with another encoder has come into service
    await encode(signal);
    return neighbours(signal);
  }
}

// ---------- telling ----------

const cosine = (score) => score.toFixed(2).replace(/^(-?)0\./, "$1.");

function tell(fault) {
  $("fault").textContent = fault;
  $("fault").hidden = !fault;
}

function emphasis(before, word, after) {
  const em = document.createElement("em");
  em.textContent = word;
  return [before, em, after];
}

function verdict({ scores, labels, same }) {
  if (!scores.length) return [["Nothing to compare with."], ""];
  const best = cosine(scores[0]);
  const name = labels[0];
  if (about.threshold === null) {
    return [name ? emphasis("Most like ", name, ".") : ["Here is what comes closest."], `The best match scores ${best}.`];
  }
  const limit = cosine(about.threshold);
  if (!same[0]) {
    return [["Nothing here is the same thing."], `The best match scores ${best}; the same thing would score ${limit} or more.`];
  }
  const found = name ? emphasis("This is ", name, ".") : ["The same thing is here."];
  return [found, `The best match scores ${best}; from ${limit} on, two pictures count as the same thing.`];
}

function voteOf({ vote, vote_share: share, ids }) {
  if (!vote || !(share > 0) || ids.length < 2) return "";
  return `Vote of ${ids.length} neighbours: ${vote}, ${Math.round(100 * share)} %`;
}

function show(found) {
  const [words, reason] = verdict(found);
  $("verdict").replaceChildren(...words);
  $("reason").textContent = reason;
  $("vote").textContent = voteOf(found);
  $("vote").hidden = !$("vote").textContent;
  $("matches").replaceChildren(...found.ids.map((_, place) => card(found, place)));
  $("none").hidden = found.ids.length > 0;
  $("answer").hidden = $("said").hidden = false;
  $("choose").textContent = "Another picture";
  document.body.classList.add("answered");
  $("status").textContent = `${found.ids.length} neighbours. ${$("verdict").textContent}`;
}

function card({ ids, uris, labels, scores, same }, place) {
  const item = $("match").content.cloneNode(true).firstElementChild;
  const part = (selector) => item.querySelector(selector);
  const name = labels[place] || "no label";
  part("b").textContent = name;
  part(".letter").textContent = [...(labels[place] || "?")][0];
  part(".score").textContent = cosine(scores[place]);
  part(".bar i").style.width = `${100 * Math.max(0, Math.min(1, scores[place]))}%`;
  if (about.threshold !== null) {
    part(".bar u").hidden = false;
    part(".bar u").style.left = `${100 * Math.max(0, Math.min(1, about.threshold))}%`;
    part(".same").hidden = !same[place];
    item.classList.toggle("is-same", same[place]);
  }
  part(".uri").replaceChildren(origin(uris[place]));
  part(".uri").title = uris[place];
  if (about.thumbnails) picture(ids[place], part("img"), () => (part(".letter").hidden = true));
  return item;
}

// An address of the web may be followed; nothing is loaded from there, and a path of the server's disk is only a name.
function origin(uri) {
  const short = uri.split(/[?#]/)[0].split("/").filter(Boolean).slice(-2).join("/");
  if (!/^https?:\/\//i.test(uri)) return document.createTextNode(short);
  const link = document.createElement("a");
  Object.assign(link, { href: uri, textContent: short, target: "_blank", rel: "noopener noreferrer" });
  return link;
}

// An <img> cannot carry a token, so that thumbnails come by fetch. Those seen stay for the life of the page.
const thumbnails = new Map();

function thumbnail(id) {
  if (!thumbnails.has(id)) {
    const blob = ask(`/thumbnails/${encodeURIComponent(id)}`).then((answer) => answer.blob());
    thumbnails.set(id, blob.catch(() => null));
  }
  return thumbnails.get(id);
}

async function picture(id, image, then) {
  const blob = await thumbnail(id);
  if (!blob) return;
  display(image, blob);
  image.hidden = false;
  then();
}

function display(image, blob) {
  const url = URL.createObjectURL(blob);
  image.onload = image.onerror = () => URL.revokeObjectURL(url);
  image.src = url;
}

// ---------- doing ----------

async function run() {
  under_way.abort();
  const { signal } = (under_way = new AbortController());
  document.body.setAttribute("aria-busy", "true");
  tell("");
  try {
    const found = await search(signal);
    if (!signal.aborted) show(found);
  } catch (error) {
    if (!signal.aborted) failed(error);
  }
  if (!signal.aborted) document.body.setAttribute("aria-busy", "false");
}

function failed(error) {
  if (error.status === 401) return askForToken(error.message);
  $("answer").hidden = $("said").hidden = true;
  tell(error instanceof TypeError ? "The server does not answer." : capital(error.message));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

function take(file) {
  if (!file) return;
  query = { file, embedding: null, encoder: "" };
  const preview = $("preview");
  display(preview, file);
  preview.hidden = false;
  preview.addEventListener("error", () => (preview.hidden = true), { once: true }); // a kind that the browser cannot show
  run();
}

// While a label is being typed, its beginning is none.
const isWhole = (label) => !label || [...$("labels").options].some(({ value }) => value === label);

function later(action, milliseconds) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

function files(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || !file.type);
}

function listen() {
  for (const [button, input] of [["choose", "file"], ["take", "camera"]]) {
    $(button).addEventListener("click", () => $(input).click());
    $(input).addEventListener("change", () => (take($(input).files[0]), ($(input).value = "")));
  }
  document.addEventListener("paste", (event) => take(files(event.clipboardData)));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      $("zone").classList.toggle("over", kind === "dragover");
      if (kind === "drop" && about) take(files(event.dataTransfer));
    });
  }
  const again = later(() => query && run(), 150);
  $("k").addEventListener("input", () => (($("k-value").textContent = $("k").value), again()));
  $("label").addEventListener("input", () => isWhole($("label").value) && again());
  $("label").addEventListener("change", again);
  $("access").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, $("token").value.trim());
    open();
  });
}

function askForToken(fault) {
  const tried = sessionStorage.getItem(TOKEN);
  sessionStorage.removeItem(TOKEN);
  $("trial").hidden = true;
  $("access").hidden = false;
  $("token").value = "";
  $("token").focus();
  tell(tried ? capital(fault) : "");
}

// ---------- the beginning ----------

async function open() {
  tell("");
  try {
    await refresh();
  } catch (error) {
    return failed(error);
  }
  $("access").hidden = true;
  $("trial").hidden = false;
  if (query) run();
}

async function refresh() {
  about = await (await ask("/about")).json();
  describe();
}

function describe() {
  const { name, images, release, model, most_neighbours: most } = about;
  $("release").textContent = `${name} · ${images.toLocaleString("en")} ${images === 1 ? "picture" : "pictures"}`;
  $("particulars").textContent = `Release ${release.slice(0, 12)}, encoder ${model}`;
  const wanted = query ? Number($("k").value) : USUAL;
  $("k").max = Math.max(1, most);
  $("k").value = Math.min(wanted, most);
  $("k-value").textContent = $("k").value;
  examples();
  labels();
}

function examples() {
  $("example-list").replaceChildren(...about.examples.map(example));
  $("examples").hidden = about.examples.length === 0;
}

function example(id, place) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const image = document.createElement("img");
  button.type = "button";
  button.setAttribute("aria-label", `Example ${place + 1}`);
  image.alt = "";
  button.append(image);
  item.append(button);
  picture(id, image, () => {});
  button.addEventListener("click", async () => take(await thumbnail(id)));
  return item;
}

async function labels() {
  const answer = await ask("/index/labels").then((answer) => answer.json()).catch(() => ({ labels: [] }));
  const options = answer.labels.map(({ label }) => Object.assign(document.createElement("option"), { value: label }));
  $("labels").replaceChildren(...options);
}

listen();
open();
