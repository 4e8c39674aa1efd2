"""All that is known of one client, for himself (LGPD art. 18): one archive, streamed."""
