// Selecting many items of a list: a bar counts them; ranges by Shift, all of a page by a button or the key `a`.
// Without this script the same form works, and its bar is always there.
const boxes = () => [...document.querySelectorAll('input[name="item"][form="bulk"]')];
let last = null;

function show() {
  const form = document.getElementById("bulk");
  if (!form) return;
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const isAll = form.elements.namedItem("which")?.value === "all";
  form.querySelector("[data-count]").textContent = count === 1 ? "1 selected" : `${count.toLocaleString()} selected`;
  form.hidden = count === 0 && !isAll;
  document.getElementById("results")?.classList.toggle("picking", count > 0);
  const button = document.querySelector("[data-select-page]");
  if (!button) return;
  button.hidden = false;
  button.textContent = count === all.length ? "Select none" : "Select all here";
}

// From the box that was ticked before to this one, as file managers do.
function range(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (from < 0) return;
  for (const other of all.slice(from, to + 1)) other.checked = box.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.('input[name="item"][form="bulk"]');
  if (box) {
    if (event.shiftKey && last) range(box);
    last = box;
    show();
  } else if (event.target.closest?.("[data-select-page]")) {
    const all = boxes();
    const isFull = all.every((one) => one.checked);
    for (const one of all) one.checked = !isFull;
    show();
  }
});
document.addEventListener("change", (event) => event.target.form?.id === "bulk" && show());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], details.pop[open]")) return;
  for (const box of boxes()) box.checked = false;
  show();
});

// One field with all numbers: forms with thousands of fields are refused.
document.addEventListener("formdata", (event) => {
  if (event.target.id !== "bulk") return;
  const numbers = event.formData.getAll("item");
  event.formData.delete("item");
  if (numbers.length) event.formData.set("item", numbers.join(" "));
});

// The list is replaced while one types, and grows while one scrolls; browsers keep ticks when one comes back.
new MutationObserver(show).observe(document.getElementById("main"), { childList: true });
addEventListener("pageshow", show);
show();
