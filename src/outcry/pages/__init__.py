"""Pages the server renders itself: readable without JavaScript, and what search engines and link previews see."""
