// Buttons within a form that rework it (reset, add, remove, up, down) do so without leaving the page: the answer is the
// page with the reworked form, whose parts replace those shown. Without this script they load it.
for (const form of document.querySelectorAll("form[data-rework]")) {
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || button.name !== "deed" || button.value === "save") return;
    event.preventDefault();
    const sent = new URLSearchParams(new FormData(form));
    sent.append("deed", button.value);
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const then = fresh.getElementById(form.id);
    if (!then) return location.reload(); // logged out, or a fault of the server
    const place = [...form.querySelectorAll("button")].indexOf(button);
    form.replaceChildren(...then.childNodes);
    const again = form.querySelector(`button[value="${CSS.escape(after(button.value))}"]`);
    (again ?? [...form.querySelectorAll("button:not([hidden])")][Math.max(0, place - 2)])?.focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// The button of the same thing where it is now.
function after(deed) {
  const [name, key, place] = deed.split(":");
  const moved = { up: -1, down: 1 }[name];
  return moved ? `${name}:${key}:${Number(place) + moved}` : deed;
}

// What a form comes to is shown as one types, where it has a part for that.
for (const form of document.querySelectorAll("form[data-preview]")) {
  let timer = null;
  let latest = 0;
  const show = async () => {
    const turn = ++latest;
    const sent = new URLSearchParams(new FormData(form));
    sent.append("deed", "preview");
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    if (!answer.ok || turn !== latest) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const then = fresh.getElementById(form.dataset.preview);
    if (then) document.getElementById(form.dataset.preview).replaceChildren(...then.childNodes);
  };
  form.addEventListener("input", (event) => {
    if (event.target === form) return; // reworked: it came with its preview
    clearTimeout(timer);
    timer = setTimeout(show, 300);
  });
}
