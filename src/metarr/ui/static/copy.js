// Buttons that copy what a field holds. They are there only where copying works: pages from this machine, and HTTPS.
import { toast } from "./toasts.js";

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  field.addEventListener("focus", () => field.select());
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    toast("Copied.", "good");
  });
}
