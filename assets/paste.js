// Copies a paste; the numbers of its lines are no text and stay behind.
(() => {
  const copy = document.getElementById('copy'), paste = document.getElementById('paste');
  const label = copy.textContent;
  copy.hidden = false;
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(paste.textContent);
    } catch {
      // Plain http has no clipboard of that kind.
      getSelection().selectAllChildren(paste);
      document.execCommand('copy');
    }
    copy.textContent = copy.dataset.done;
    setTimeout(() => { copy.textContent = label; }, 2000);
  });
})();
