// Orders chosen pictures by dragging, and by the buttons without leaving the page. Without scripts the buttons reload it.
import { follow } from "./live.js";

const said = document.getElementById("order-said");

document.addEventListener("dragstart", (event) => {
  const picture = event.target.closest?.("[data-order] > [data-blob]");
  if (!picture) return;
  picture.classList.add("moving");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", picture.dataset.blob);
});

document.addEventListener("dragover", (event) => {
  const moving = document.querySelector(".moving");
  const other = event.target.closest?.("[data-blob]");
  if (!moving || !other || other.parentElement !== moving.parentElement) return;
  event.preventDefault();
  const all = [...moving.parentElement.children];
  if (other !== moving) other[all.indexOf(moving) < all.indexOf(other) ? "after" : "before"](moving);
});

document.addEventListener("drop", (event) => document.querySelector(".moving") && event.preventDefault());

document.addEventListener("dragend", () => {
  const moving = document.querySelector(".moving");
  if (!moving) return;
  moving.classList.remove("moving");
  const list = moving.parentElement;
  const form = new FormData(document.getElementById("pictures"));
  for (const one of list.children) form.append("blobs", one.dataset.blob);
  send(list.dataset.order, form, list, moving.dataset.blob);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-order] button");
  if (!button || !button.getAttribute("formaction").includes("/order?")) return;
  event.preventDefault();
  const blob = button.closest("[data-blob]").dataset.blob;
  send(button.getAttribute("formaction"), new FormData(button.form), button.closest("[data-order]"), blob, button.textContent);
});

// The answer is the page as it is now: the list and the version are taken from it, and the focus stays with the picture.
async function send(address, form, list, blob, pressed = "") {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(form) });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of [list.id, `lock-${list.dataset.name}`, "pictures-version"]) {
    const [now, then] = [document.getElementById(id), fresh.getElementById(id)];
    if (now && then) now.replaceChildren(...then.childNodes);
  }
  const fault = fresh.querySelector("[role=alert]");
  const begun = fresh.querySelector("[data-said]")?.dataset.work;
  if (begun) follow(begun);
  const moved = list.querySelector(`[data-blob="${CSS.escape(blob)}"]`);
  const buttons = [...(moved?.querySelectorAll("button") ?? [])];
  if (pressed) (buttons.find((one) => one.firstChild.textContent === pressed.split(" ")[0]) ?? buttons[0])?.focus();
  const place = [...list.children].indexOf(moved) + 1;
  said.textContent = fault ? fault.textContent : `${list.dataset.name} is now number ${place} of ${list.children.length}`;
}
