// Before the first paint: the appearance this person chose, or the machine's.
;(() => {
  try {
    const chosen = localStorage.getItem('outcry.theme')
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
  } catch {
    // Nothing is kept here; the machine's appearance it is.
  }
})()
