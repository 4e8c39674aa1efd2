"""What Messenger and Instagram share: talks with a Page or a professional account."""
