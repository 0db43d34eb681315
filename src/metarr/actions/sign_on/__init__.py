"""Single sign-on: somebody else vouches for people. Which of them come in, as whom, and what they may do."""
