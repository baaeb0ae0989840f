"""Everything a first installation gets wrong, looked at one by one: what was found, and the remedy. Changes nothing.

``look_over`` is what ``mailer doctor`` and the console's page share; what mails itself or asks the relay comes on top.
"""
