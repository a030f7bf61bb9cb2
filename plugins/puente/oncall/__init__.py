"""On-call: what there is to tell, told once, in mails and in chats."""
