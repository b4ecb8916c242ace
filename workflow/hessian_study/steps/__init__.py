"""One module for each rule: open inputs, call the library, save."""
