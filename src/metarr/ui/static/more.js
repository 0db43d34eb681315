// The next page of a list is put below this one when its end comes near. Without this script there is a link.
import { PART } from "./live.js";

const NEAR = "1200px";
const told = () => document.getElementById("results-told");

const observer = new IntersectionObserver(
  (entries) => entries.filter((one) => one.isIntersecting).forEach((one) => load(one.target)),
  { rootMargin: NEAR },
);

async function load(link) {
  observer.unobserve(link);
  const list = document.querySelector("[data-more]");
  try {
    const answer = await fetch(link.href, { headers: PART });
    if (!answer.ok) return; // the link stays
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!list.isConnected || !link.isConnected) return; // the list was replaced meanwhile
    const added = [...(fresh.querySelector("[data-more]")?.children ?? [])];
    list.append(...added);
    const next = fresh.querySelector('a[rel="next"]');
    if (next) link.replaceWith(next);
    else link.remove();
    if (told()) told().textContent = `${list.children.length.toLocaleString()} shown`;
    watch();
  } catch {
    // No connection: the link stays, and a click says what is wrong.
  }
}

function watch() {
  const link = document.querySelector('a[rel="next"]');
  if (link && document.querySelector("[data-more]")) observer.observe(link);
}

new MutationObserver(watch).observe(document.getElementById("main"), { childList: true });
watch();
