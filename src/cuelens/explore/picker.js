const most = MOST_BYTES;
const input = element.querySelector("input[type=file]");
const label = element.querySelector(".drop");
const buttons = element.querySelectorAll(".thumbs button");
function press(chosen) {
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(chosen(button))));
}
let following = false;
function follow() {  // what is answered to is what is chosen: a dropped file may be refused
  if (following) { return; }
  following = true;
  const answers = document.querySelector("#answers");
  const shown = () => answers.querySelector(".seen")?.dataset.name;
  let last = shown();
  new MutationObserver(() => {
    const name = shown();
    if (name === undefined || name === last) { return; }
    last = name;
    press((button) => button.dataset.name === name);
  }).observe(answers, { childList: true, subtree: true });
}
function take(file) {
  if (!file) { return; }
  follow();
  if (file.size > most) { trigger("refused", { size: file.size }); return; }
  const reader = new FileReader();
  reader.onload = () => trigger("dropped", { name: file.name, content: reader.result });
  reader.readAsDataURL(file);
}
input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
["dragover", "dragenter"].forEach((name) => label.addEventListener(name, (event) => {
  event.preventDefault();
  label.classList.add("over");
}));
label.addEventListener("dragleave", () => label.classList.remove("over"));
label.addEventListener("drop", (event) => {
  event.preventDefault();
  label.classList.remove("over");
  take(event.dataTransfer.files[0]);
});
buttons.forEach((button) => {
  button.addEventListener("click", () => {
    follow();
    press((other) => other === button);
    trigger("picked", { place: Number(button.dataset.place) });
  });
});
