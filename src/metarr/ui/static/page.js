// What every page has: live parts, toasts, keys. Without scripts each page works by links, forms and reloads.
import { PART, follow, watch } from "./live.js";
import { told } from "./toasts.js";
import { listen as listenToForms } from "./busy.js";
import { listen as listenToKeys } from "./keys.js";

const begun = told(document);
if (begun) follow(begun);
listenToKeys();
listenToForms();
watch();

// What a form asks for, without what was left empty.
function asked(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
}

// Forms that search answer as one types: the part of the page that they name is fetched and replaced.
for (const form of document.querySelectorAll("form[data-instant]")) {
  let timer = null;
  let last = asked(form);
  const ask = async () => {
    const query = asked(form);
    if (query === last) return;
    last = query;
    const address = `${form.getAttribute("action")}?${query}`;
    document.getElementById(form.dataset.instant).ariaBusy = "true";
    const answer = await fetch(address, { headers: PART }).catch(() => null);
    if (query !== last) return; // an older answer
    const part = document.getElementById(form.dataset.instant);
    part.ariaBusy = null;
    if (!answer?.ok) return; // a fault that a submit would show
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    part.replaceWith(fresh.getElementById(form.dataset.instant));
    history.replaceState(null, "", address);
    const told = document.getElementById(`${form.dataset.instant}-told`); // outlives the part, so that it is read out
    const words = document.querySelector(`#${form.dataset.instant} [data-told]`);
    if (told) told.textContent = words?.textContent ?? "";
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  });
  form.addEventListener("change", ask);
}

// Dialogs that a button opens; without scripts the button is a link to a page of its own.
for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(opener.dataset.opens).showModal();
  });
}
