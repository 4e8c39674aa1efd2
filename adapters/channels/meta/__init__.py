"""What WhatsApp, Messenger and Instagram share, as one provider stands behind all three."""
