"""Images for models in any framework, and the answers that come back."""
