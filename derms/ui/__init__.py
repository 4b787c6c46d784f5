"""The shell around every page: navigation, themes, how numbers and states are written."""
