"""What the first-party plugins stand on, as BibTeX."""

from __future__ import annotations

TRIANTAFYLLOPOULOS_2021 = """\
@inproceedings{triantafyllopoulos2021deep,
  author = {Triantafyllopoulos, Andreas and Liu, Shuo and Schuller, Bj{\\"o}rn W.},
  title = {Deep speaker conditioning for speech emotion recognition},
  booktitle = {IEEE International Conference on Multimedia and Expo (ICME)},
  year = {2021},
  doi = {10.1109/icme51207.2021.9428217}
}"""

EYBEN_2010 = """\
@inproceedings{eyben2010opensmile,
  author = {Eyben, Florian and W{\\"o}llmer, Martin and Schuller, Bj{\\"o}rn},
  title = {openSMILE: the Munich versatile and fast open-source audio feature extractor},
  booktitle = {ACM International Conference on Multimedia},
  year = {2010},
  pages = {1459--1462},
  doi = {10.1145/1873951.1874246}
}"""

EYBEN_2016 = """\
@article{eyben2016geneva,
  author = {Eyben, Florian and Scherer, Klaus R. and Schuller, Bj{\\"o}rn W. and others},
  title = {The {Geneva} minimalistic acoustic parameter set ({GeMAPS}) for voice research and affective computing},
  journal = {IEEE Transactions on Affective Computing},
  volume = {7},
  number = {2},
  year = {2016},
  doi = {10.1109/TAFFC.2015.2457417}
}"""

SCHULLER_2009 = """\
@inproceedings{schuller2009interspeech,
  author = {Schuller, Bj{\\"o}rn and Steidl, Stefan and Batliner, Anton},
  title = {The {INTERSPEECH} 2009 emotion challenge},
  booktitle = {Interspeech},
  year = {2009},
  doi = {10.21437/Interspeech.2009-103}
}"""

VLASENKO_2007 = """\
@inproceedings{vlasenko2007frame,
  author = {Vlasenko, Bogdan and Schuller, Bj{\\"o}rn and Wendemuth, Andreas and Rigoll, Gerhard},
  title = {Frame vs. turn-level: emotion recognition from speech considering static and dynamic processing},
  booktitle = {Affective Computing and Intelligent Interaction},
  year = {2007},
  pages = {139--147}
}"""

SCHULLER_2010 = """\
@article{schuller2010cross,
  author = {Schuller, Bj{\\"o}rn and Vlasenko, Bogdan and Eyben, Florian and W{\\"o}llmer, Martin and
            Stuhlsatz, Andr{\\'e} and Wendemuth, Andreas and Rigoll, Gerhard},
  title = {Cross-corpus acoustic emotion recognition: variances and strategies},
  journal = {IEEE Transactions on Affective Computing},
  volume = {1},
  number = {2},
  pages = {119--131},
  year = {2010},
  doi = {10.1109/T-AFFC.2010.8}
}"""

SETHU_2007 = """\
@inproceedings{sethu2007speaker,
  author = {Sethu, Vidhyasaharan and Ambikairajah, Eliathamby and Epps, Julien},
  title = {Speaker normalisation for speech-based emotion detection},
  booktitle = {International Conference on Digital Signal Processing (DSP)},
  year = {2007}
}"""

PELECANOS_2001 = """\
@inproceedings{pelecanos2001feature,
  author = {Pelecanos, Jason and Sridharan, Sridha},
  title = {Feature warping for robust speaker verification},
  booktitle = {Odyssey: The Speaker Recognition Workshop},
  year = {2001}
}"""

BUSSO_2013 = """\
@article{busso2013iterative,
  author = {Busso, Carlos and Mariooryad, Soroosh and Metallinou, Angeliki and Narayanan, Shrikanth},
  title = {Iterative feature normalization scheme for automatic emotion detection from speech},
  journal = {IEEE Transactions on Affective Computing},
  volume = {4},
  number = {4},
  year = {2013},
  doi = {10.1109/T-AFFC.2013.26}
}"""

PEREZ_2018 = """\
@inproceedings{perez2018film,
  author = {Perez, Ethan and Strub, Florian and de Vries, Harm and Dumoulin, Vincent and Courville, Aaron},
  title = {{FiLM}: visual reasoning with a general conditioning layer},
  booktitle = {AAAI Conference on Artificial Intelligence},
  year = {2018}
}"""

SAERENS_2002 = """\
@article{saerens2002adjusting,
  author = {Saerens, Marco and Latinne, Patrice and Decaestecker, Christine},
  title = {Adjusting the outputs of a classifier to new a priori probabilities: a simple procedure},
  journal = {Neural Computation},
  volume = {14},
  number = {1},
  pages = {21--41},
  year = {2002},
  doi = {10.1162/089976602753284446}
}"""

TRIANTAFYLLOPOULOS_2024 = """\
@inproceedings{triantafyllopoulos2024enrolment,
  author = {Triantafyllopoulos, Andreas and Schuller, Bj{\\"o}rn W.},
  title = {Enrolment-based personalisation for improving individual-level fairness in speech emotion recognition},
  booktitle = {Interspeech},
  pages = {3729--3733},
  year = {2024},
  eprint = {2406.06665},
  archiveprefix = {arXiv}
}"""

TRIANTAFYLLOPOULOS_2022 = """\
@misc{triantafyllopoulos2022exploring,
  author = {Triantafyllopoulos, Andreas and Song, Meishu and Yang, Zijiang and Jing, Xin and Schuller, Bj{\\"o}rn W.},
  title = {Exploring speaker enrolment for few-shot personalisation in emotional vocalisation prediction},
  year = {2022},
  eprint = {2206.06680},
  archiveprefix = {arXiv}
}"""

LI_2017 = """\
@inproceedings{li2017revisiting,
  author = {Li, Yanghao and Wang, Naiyan and Shi, Jianping and Liu, Jiaying and Hou, Xiaodi},
  title = {Revisiting batch normalization for practical domain adaptation},
  booktitle = {International Conference on Learning Representations (ICLR), workshop track},
  year = {2017},
  eprint = {1603.04779},
  archiveprefix = {arXiv}
}"""

LI_2018 = """\
@article{li2018adaptive,
  author = {Li, Yanghao and Wang, Naiyan and Shi, Jianping and Hou, Xiaodi and Liu, Jiaying},
  title = {Adaptive batch normalization for practical domain adaptation},
  journal = {Pattern Recognition},
  volume = {80},
  pages = {109--117},
  year = {2018},
  doi = {10.1016/j.patcog.2018.03.005}
}"""

SCHNEIDER_2020 = """\
@inproceedings{schneider2020improving,
  author = {Schneider, Steffen and Rusak, Evgenia and Eck, Luisa and Bringmann, Oliver and Brendel, Wieland and
            Bethge, Matthias},
  title = {Improving robustness against common corruptions by covariate shift adaptation},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year = {2020},
  eprint = {2006.16971},
  archiveprefix = {arXiv}
}"""

WANG_2021 = """\
@inproceedings{wang2021tent,
  author = {Wang, Dequan and Shelhamer, Evan and Liu, Shaoteng and Olshausen, Bruno and Darrell, Trevor},
  title = {Tent: fully test-time adaptation by entropy minimization},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year = {2021},
  eprint = {2006.10726},
  archiveprefix = {arXiv}
}"""

SRIDHAR_2022 = """\
@article{sridhar2022unsupervised,
  author = {Sridhar, Kusha and Busso, Carlos},
  title = {Unsupervised personalization of an emotion recognition system: the unique properties of the externalization
           of valence in speech},
  journal = {IEEE Transactions on Affective Computing},
  volume = {13},
  number = {4},
  pages = {1959--1972},
  year = {2022},
  doi = {10.1109/TAFFC.2022.3187336}
}"""

TRAN_2023 = """\
@inproceedings{tran2023personalized,
  author = {Tran, Minh and Yin, Yufeng and Soleymani, Mohammad},
  title = {Personalized adaptation with pre-trained speech encoders for continuous emotion recognition},
  booktitle = {Interspeech},
  year = {2023},
  eprint = {2309.02418},
  archiveprefix = {arXiv}
}"""

TU_2019 = """\
@misc{tu2019towards,
  author = {Tu, Ming and Tang, Yun and Huang, Jing and He, Xiaodong and Zhou, Bowen},
  title = {Towards adversarial learning of speaker-invariant representation for speech emotion recognition},
  year = {2019},
  eprint = {1903.09606},
  archiveprefix = {arXiv}
}"""

SHANKAR_2018 = """\
@inproceedings{shankar2018generalizing,
  author = {Shankar, Shiv and Piratla, Vihari and Chakrabarti, Soumen and Chaudhuri, Siddhartha and Jyothi, Preethi and
            Sarawagi, Sunita},
  title = {Generalizing across domains via cross-gradient training},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year = {2018},
  url = {https://openreview.net/forum?id=r1Dx7fbCW}
}"""

LI_2020 = """\
@inproceedings{li2020speaker,
  author = {Li, Haoqi and Tu, Ming and Huang, Jing and Narayanan, Shrikanth and Georgiou, Panayiotis},
  title = {Speaker-invariant affective representation learning via adversarial training},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  year = {2020},
  doi = {10.1109/icassp40776.2020.9054580}
}"""

GAT_2022 = """\
@inproceedings{gat2022speaker,
  author = {Gat, Itai and Aronowitz, Hagai and Zhu, Weizhong and Morais, Edmilson and Hoory, Ron},
  title = {Speaker normalization for self-supervised speech emotion recognition},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  year = {2022},
  eprint = {2202.01252},
  archiveprefix = {arXiv}
}"""

SNYDER_2018 = """\
@inproceedings{snyder2018xvectors,
  author = {Snyder, David and Garcia-Romero, Daniel and Sell, Gregory and Povey, Daniel and Khudanpur, Sanjeev},
  title = {X-vectors: robust {DNN} embeddings for speaker recognition},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  year = {2018},
  doi = {10.1109/ICASSP.2018.8461375}
}"""

GANIN_2016 = """\
@article{ganin2016domain,
  author = {Ganin, Yaroslav and Ustinova, Evgeniya and Ajakan, Hana and Germain, Pascal and Larochelle, Hugo and
            Laviolette, Fran{\\c{c}}ois and Marchand, Mario and Lempitsky, Victor},
  title = {Domain-adversarial training of neural networks},
  journal = {Journal of Machine Learning Research},
  volume = {17},
  year = {2016}
}"""

PEDREGOSA_2011 = """\
@article{pedregosa2011scikit,
  author = {Pedregosa, Fabian and Varoquaux, Ga{\\"e}l and Gramfort, Alexandre and others},
  title = {Scikit-learn: machine learning in {Python}},
  journal = {Journal of Machine Learning Research},
  volume = {12},
  pages = {2825--2830},
  year = {2011}
}"""

SNELL_2017 = """\
@inproceedings{snell2017prototypical,
  author = {Snell, Jake and Swersky, Kevin and Zemel, Richard},
  title = {Prototypical networks for few-shot learning},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2017}
}"""

WAN_2018 = """\
@inproceedings{wan2018generalized,
  author = {Wan, Li and Wang, Quan and Papir, Alan and Lopez Moreno, Ignacio},
  title = {Generalized end-to-end loss for speaker verification},
  booktitle = {IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)},
  year = {2018},
  doi = {10.1109/ICASSP.2018.8462665}
}"""

BAEVSKI_2020 = """\
@inproceedings{baevski2020wav2vec,
  author = {Baevski, Alexei and Zhou, Yuhao and Mohamed, Abdelrahman and Auli, Michael},
  title = {wav2vec 2.0: a framework for self-supervised learning of speech representations},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year = {2020}
}"""

HSU_2021 = """\
@article{hsu2021hubert,
  author = {Hsu, Wei-Ning and Bolte, Benjamin and Tsai, Yao-Hung Hubert and Lakhotia, Kushal and
            Salakhutdinov, Ruslan and Mohamed, Abdelrahman},
  title = {{HuBERT}: self-supervised speech representation learning by masked prediction of hidden units},
  journal = {IEEE/ACM Transactions on Audio, Speech, and Language Processing},
  volume = {29},
  year = {2021},
  doi = {10.1109/TASLP.2021.3122291}
}"""

CHEN_2022 = """\
@article{chen2022wavlm,
  author = {Chen, Sanyuan and Wang, Chengyi and Chen, Zhengyang and Wu, Yu and Liu, Shujie and others},
  title = {{WavLM}: large-scale self-supervised pre-training for full stack speech processing},
  journal = {IEEE Journal of Selected Topics in Signal Processing},
  volume = {16},
  number = {6},
  year = {2022},
  doi = {10.1109/JSTSP.2022.3188113}
}"""

WOLF_2020 = """\
@inproceedings{wolf2020transformers,
  author = {Wolf, Thomas and Debut, Lysandre and Sanh, Victor and Chaumond, Julien and Delangue, Clement and others},
  title = {Transformers: state-of-the-art natural language processing},
  booktitle = {Conference on Empirical Methods in Natural Language Processing: System Demonstrations (EMNLP)},
  year = {2020},
  doi = {10.18653/v1/2020.emnlp-demos.6}
}"""
